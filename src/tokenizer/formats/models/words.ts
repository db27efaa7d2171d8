/** Words of SentencePiece models, whose spaces are marks. */

import type { Vocabulary } from "../../bpe/vocabulary.ts";
import { regular } from "../../pattern/automaton.ts";
import { type Splitter, splitAt } from "../../pattern/splitters.ts";

/**
 * SentencePiece models get the whole text as one piece. If no token contains the mark of a space after
 * another character, no token crosses the start of a word. So the words can be encoded one by one, and the
 * cache knows them when they come again.
 */
export const spaceMarkedWords = (): Splitter => splitAt(regular(/▁+[^▁]*|[^▁]+/u), "Isolated");

/** @param more tokens that are found in the text beside those of the model */
export function noTokenSpansWords(vocabulary: Vocabulary, more: Iterable<string> = []): boolean {
  if (!vocabulary.ids.has("▁")) return false;
  for (const text of [...vocabulary.ids.keys(), ...more]) {
    if (/[^▁]▁/.test(text)) return false;
  }
  return true;
}
