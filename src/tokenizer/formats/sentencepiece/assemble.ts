/** A tokenizer from the pieces of a SentencePiece model. */

import type { JsonObject } from "../../../files/json.ts";
import { JsonFields } from "../../../files/json-fields.ts";
import { type AddedToken, addedToken } from "../../added-tokens.ts";
import type { BpeDescription } from "../../bpe/bpe.ts";
import { Vocabulary } from "../../bpe/vocabulary.ts";
import type { InputLimits, SpecialTokens } from "../../description.ts";
import type { PipelineTokenizer } from "../../pipeline-tokenizer.ts";
import { SPACE_MARK } from "../../sentencepiece/normalizer.ts";
import type { UnigramDescription } from "../../unigram/unigram.ts";
import { assemble } from "../assemble.ts";
import { mergesFromScores } from "../merge-lists.ts";
import { sentencePieceJson } from "../pipeline/precompiled.ts";
import { PIECE_TYPES, type SentencePieceModel } from "./model-file.ts";

export interface SentencePieceTokens {
  readonly vocabulary: Vocabulary;
  readonly addedTokens: readonly AddedToken[];
}

/**
 * Text becomes normal tokens and those of the user. The other ones are reserved.
 * @param added tokens beside the model's pieces
 */
export function vocabularyOf(
  { file, pieces, isBpe }: SentencePieceModel,
  added: readonly AddedToken[] = [],
): SentencePieceTokens {
  const size = added.reduce((most, { id }) => Math.max(most, id + 1), pieces.length);
  const vocabulary = new Vocabulary(file, size);
  const addedTokens = [...added];
  const { control, normal, userDefined } = PIECE_TYPES;
  for (const [id, { text, type }] of pieces.entries()) {
    vocabulary.add(text, id, "the pieces");
    const isText = type === normal || (type === userDefined && !isBpe);
    if (!isText) vocabulary.reserve(text, id, true, "the pieces");
    const isListed = added.some((token) => token.id === id);
    if (type === control && !isListed) addedTokens.push(addedToken(text, id, true));
  }
  for (const token of added) vocabulary.reserve(token.content, token.id, token.special, "added tokens");
  return { vocabulary, addedTokens };
}

export function assembleSentencePiece(
  model: SentencePieceModel,
  tokens: SentencePieceTokens,
  special: SpecialTokens,
  limits: InputLimits,
): PipelineTokenizer {
  return assemble({
    ...tokens,
    special,
    model: describe(model, tokens.vocabulary),
    pipeline: pipelineOf(model),
    limits,
  });
}

/** @param vocabulary has its pieces */
export function describe(
  model: SentencePieceModel,
  vocabulary: Vocabulary,
): BpeDescription | UnigramDescription {
  const { pieces, file, isBpe, hasByteFallback } = model;
  const unknown = pieces.findIndex(({ type }) => type === PIECE_TYPES.unknown);
  const ofUser = idsOf(model, PIECE_TYPES.userDefined);
  const common = {
    unknown: unknown === -1 ? undefined : unknown,
    byteTokens: hasByteFallback ? vocabulary.byteTokens() : [],
  };
  const scores = Array.from({ length: vocabulary.size }, (_, id) => pieces[id]?.score ?? 0);
  if (!isBpe) return { type: "Unigram", scores, userDefined: ofUser, ...common };
  const whole = new Map(ofUser.map((id) => [pieces[id]?.text ?? "", id]));
  return {
    type: "BPE",
    merges: mergesFromScores(vocabulary, scores, file),
    symbols: { ...common, fuseUnknown: true, whole },
    ignoreMerges: false,
  };
}

const idsOf = ({ pieces }: SentencePieceModel, type: number): number[] =>
  [...pieces.entries()].filter(([, piece]) => piece.type === type).map(([id]) => id);

/** How it rewrites a text, and puts one together. */
export const pipelineOf = (model: SentencePieceModel): JsonFields =>
  new JsonFields(model.file, "", pipelineJson(model));

function pipelineJson(model: SentencePieceModel): JsonObject {
  const { pieces, unknownSurface, addDummyPrefix, removeExtraSpaces, spaceIsSuffix } = model;
  const rewrite = (from: string, content: string) => ({
    type: "Replace",
    pattern: { String: from },
    content,
  });
  const unknown = pieces.find(({ type }) => type === PIECE_TYPES.unknown);
  const losesSpace = (addDummyPrefix || removeExtraSpaces) && !spaceIsSuffix;
  return {
    normalizer: sentencePieceJson({
      charsmap: model.charsmap,
      addDummyPrefix,
      treatWhitespaceAsSuffix: spaceIsSuffix,
      removeExtraWhitespaces: removeExtraSpaces,
      escapeWhitespaces: model.markSpaces,
      userDefined: idsOf(model, PIECE_TYPES.userDefined).map((id) => pieces[id]?.text ?? ""),
    }),
    pre_tokenizer: null,
    decoder: {
      type: "Sequence",
      decoders: [
        ...(unknown === undefined ? [] : [rewrite(unknown.text, unknownSurface)]),
        rewrite(SPACE_MARK, " "),
        { type: "ByteFallback" },
        { type: "Fuse" },
        ...(losesSpace ? [{ type: "Strip", content: " ", start: 1, stop: 0 }] : []),
      ],
    },
  };
}
