/** Puts a tokenizer together from what its files describe. */

import type { JsonFields } from "../../files/json-fields.ts";
import { type AddedToken, AddedTokens } from "../added-tokens.ts";
import { Bpe } from "../bpe/bpe.ts";
import { toByteLevel } from "../bpe/byte-level.ts";
import type { Merges } from "../bpe/merges.ts";
import { characterSymbols, type SymbolOptions } from "../bpe/symbols.ts";
import type { Vocabulary } from "../bpe/vocabulary.ts";
import { BpeTokenizer } from "../bpe-tokenizer.ts";
import { stepTypes, type TokenizerFacts } from "../facts.ts";
import { regular } from "../pattern/automaton.ts";
import { inTurn, type Splitter, splitAt } from "../pattern/splitters.ts";
import { readDecoder } from "./pipeline/decoders.ts";
import { readNormalizer } from "./pipeline/normalizers.ts";
import { readPreTokenizer } from "./pipeline/pre-tokenizers.ts";
import type { SpecialTokens } from "./special-tokens.ts";

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
