/** Puts a tokenizer together from what its files describe. */

import { type AddedToken, AddedTokens } from "./added-tokens.ts";
import { regular } from "./automaton.ts";
import { Bpe } from "./bpe.ts";
import { BpeTokenizer } from "./bpe-tokenizer.ts";
import { toByteLevel } from "./byte-level.ts";
import { readDecoder } from "./decoders.ts";
import { stepTypes, type TokenizerFacts } from "./facts.ts";
import type { JsonFields } from "./json-fields.ts";
import type { Merges } from "./merges.ts";
import { readNormalizer } from "./normalizers.ts";
import { readPreTokenizer } from "./pre-tokenizers.ts";
import type { SpecialTokens } from "./special-tokens.ts";
import { inTurn, type Splitter, splitAt } from "./splitters.ts";
import { characterSymbols, type SymbolOptions } from "./symbols.ts";
import type { Vocabulary } from "./vocabulary.ts";

export interface TokenizerDescription {
  readonly vocabulary: Vocabulary;
  readonly addedTokens: readonly AddedToken[];
  readonly special: SpecialTokens;
  readonly merges: Merges;
  readonly symbols: SymbolOptions;
  /** A piece that is itself a token is not taken apart. */
  readonly ignoreMerges: boolean;
  /** `normalizer`, `pre_tokenizer` and `decoder` in the words of tokenizer.json. */
  readonly pipeline: JsonFields;
}

export function assemble(description: TokenizerDescription): BpeTokenizer {
  const { vocabulary, addedTokens, merges, symbols, ignoreMerges, pipeline } = description;
  const normalizer = pipeline.optionalObject("normalizer");
  const preTokenizer = pipeline.optionalObject("pre_tokenizer");
  const { split, byteLevel } = readPreTokenizer(preTokenizer);
  const bpe = new Bpe({
    spell: byteLevel ? toByteLevel : (piece) => piece,
    symbols: characterSymbols(vocabulary, symbols),
    merges,
    wholePieces: ignoreMerges ? vocabulary.ids : undefined,
  });
  const words = !byteLevel && !ignoreMerges && !symbols.endOfWord && noTokenSpansWords(vocabulary);
  return new BpeTokenizer({
    vocabulary,
    addedTokens: new AddedTokens(addedTokens, readNormalizer(normalizer)),
    split: words ? inTurn([split, spaceMarkedWords()]) : split,
    bpe,
    decoder: readDecoder(pipeline.optionalObject("decoder")),
    facts: {
      kind: kindOf(byteLevel, symbols),
      merges: merges.size,
      normalizer: stepTypes(normalizer, "normalizers"),
      preTokenizer: stepTypes(preTokenizer, "pretokenizers"),
    },
    description,
  });
}

function kindOf(byteLevel: boolean, { byteTokens = [] }: SymbolOptions): TokenizerFacts["kind"] {
  if (byteLevel) return "byte-level BPE";
  const fallback = byteTokens.some((id) => id !== undefined);
  return fallback ? "character BPE with byte fallback" : "character BPE";
}

/**
 * SentencePiece models get the whole text as one piece. Where no token goes on from another character to the mark of
 * a space, no merge does, so the words can be merged one by one - and looked up when they come again.
 */
const spaceMarkedWords = (): Splitter => splitAt(regular(/▁+[^▁]*|[^▁]+/u), "Isolated");

function noTokenSpansWords(vocabulary: Vocabulary): boolean {
  if (!vocabulary.ids.has("▁")) return false;
  for (const text of vocabulary.ids.keys()) {
    if (/[^▁]▁/.test(text)) return false;
  }
  return true;
}
