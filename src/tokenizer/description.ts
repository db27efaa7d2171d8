/** A tokenizer as its files describe it. Writers of other formats start from it. */

import type { JsonFields } from "../files/json-fields.ts";
import type { AddedToken } from "./added-tokens.ts";
import type { BpeDescription } from "./bpe/bpe.ts";
import type { Vocabulary } from "./bpe/vocabulary.ts";
import type { LookupDescription } from "./sentencepiece/lookup.ts";
import type { Side, Template } from "./template.ts";
import type { UnigramDescription } from "./unigram/unigram.ts";
import type { WordPieceDescription } from "./word-piece/word-piece.ts";

export interface TokenizerDescription {
  readonly vocabulary: Vocabulary;
  readonly addedTokens: readonly AddedToken[];
  readonly special: SpecialTokens;
  readonly model: ModelDescription;
  /** `normalizer`, `pre_tokenizer` and `decoder` in the syntax of tokenizer.json. */
  readonly pipeline: JsonFields;
  readonly limits: InputLimits;
  /** `>>fra<<` before a text is a token: the language that a model of Marian writes. */
  readonly hasLanguageTags?: true;
}

/** The longest input of an encoder, by the tokenizer's files. Special tokens count. */
export interface InputLimits {
  /** `truncation` of tokenizer.json. */
  readonly truncation: number | undefined;
  /** `model_max_length` of tokenizer_config.json. */
  readonly model: number | undefined;
  readonly side: Side;
}

export const NO_LIMITS: InputLimits = { truncation: undefined, model: undefined, side: "right" };

/** The model without the vocabulary, by its type. */
export type ModelDescription = BpeDescription | WordPieceDescription | UnigramDescription | LookupDescription;

/** The token of text that the vocabulary does not cover. */
export const unknownOf = (model: ModelDescription): number | undefined =>
  model.type === "BPE" ? model.symbols.unknown : model.unknown;

/** The tokens of the 256 bytes, for characters that the vocabulary lacks. */
export function byteTokensOf(model: ModelDescription): readonly (number | undefined)[] {
  switch (model.type) {
    case "BPE":
      return model.symbols.byteTokens ?? [];
    case "Unigram":
      return model.byteTokens;
    case "WordPiece":
    case "Lookup":
      return [];
  }
}

/** The tokens that a SentencePiece model finds in the text as they are. */
export function userDefinedOf(model: ModelDescription): readonly number[] {
  if (model.type === "BPE") return [...(model.symbols.whole?.values() ?? [])];
  return model.type === "Unigram" ? model.userDefined : [];
}

/** The tokens that begin and end a text. */
export interface SpecialTokens {
  readonly bosId: number | undefined;
  /** The tokens before every text. */
  readonly startIds: readonly number[];
  /** The tokens after every text: encoders read them, and a text that a model goes on with has none. */
  readonly endIds: readonly number[];
  readonly endOfTextIds: readonly number[];
  /** The order of texts and special tokens in the input of an encoder. */
  readonly template: Template;
}
