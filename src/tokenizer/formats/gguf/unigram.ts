/** Unigram in GGUF, `tokenizer.ggml.model` "t5": the pieces, scores and rules of a SentencePiece model. */

import type { GgufValue } from "../../../checkpoint/checkpoint.ts";
import { isJsonObject, type JsonValue } from "../../../files/json.ts";
import { NO_LIMITS, type TokenizerDescription } from "../../description.ts";
import type { PipelineTokenizer } from "../../pipeline-tokenizer.ts";
import type { UnigramDescription } from "../../unigram/unigram.ts";
import { assembleSentencePiece, vocabularyOf } from "../sentencepiece/assemble.ts";
import type { SentencePieceModel } from "../sentencepiece/model-file.ts";
import { TOKEN_TYPES, type TokenizerKeys } from "./keys.ts";
import { readSpecialTokens, readTokens } from "./tokens.ts";

export const CHARSMAP = "precompiled_charsmap";

/** llama.cpp reads spaces as U+2581, and ends a text with `</s>`. The ids of the roles are those of T5. */
export function unigramTokenizer(keys: TokenizerKeys): PipelineTokenizer {
  const texts = keys.strings("tokens");
  const scores = keys.numbers("scores", texts.length);
  const types = keys.numbers("token_type", texts.length);
  const bytes = types.filter((type) => type === TOKEN_TYPES.byte).length;
  const model: SentencePieceModel = {
    file: keys.path,
    pieces: texts.map((text, id) => ({
      text,
      score: scores[id] ?? 0,
      type: types[id] ?? TOKEN_TYPES.normal,
    })),
    isBpe: false,
    hasByteFallback: bytes > 0,
    spaceIsSuffix: false,
    bosId: undefined,
    eosId: undefined,
    unknownSurface: " \u2047 ",
    charsmap: keys.bytes(CHARSMAP),
    addDummyPrefix: keys.boolean("add_space_prefix") ?? true,
    removeExtraSpaces: keys.boolean("remove_extra_whitespaces") ?? false,
    markSpaces: true,
  };
  const usual = { unknown: 2, eos: 1, padding: 0 };
  const special = readSpecialTokens(keys, readTokens(keys, usual), false, true);
  return assembleSentencePiece(model, vocabularyOf(model), special, NO_LIMITS);
}

/** The values of a Unigram tokenizer, for each way in which its normalizer may treat spaces. */
export function unigramValues(
  { pipeline }: TokenizerDescription,
  model: UnigramDescription,
  vocabSize: number,
): Record<string, GgufValue | undefined>[] {
  const charsmap = charsmapIn(pipeline.get("normalizer"));
  const common = {
    model: "t5",
    scores: Array.from({ length: vocabSize }, (_, id) => model.scores[id] ?? 0),
    [CHARSMAP]: charsmap && [...charsmap],
  };
  const choices = [true, false];
  return choices.flatMap((removes) =>
    choices.map((prefix) => ({
      ...common,
      remove_extra_whitespaces: removes,
      add_space_prefix: prefix,
    })),
  );
}

/** The rules of the first normalizer that has some. */
function charsmapIn(value: JsonValue | undefined): Uint8Array | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const own = isJsonObject(value) ? value.precompiled_charsmap : undefined;
  if (typeof own === "string") return own === "" ? undefined : Buffer.from(own, "base64");
  return Object.values(value)
    .map(charsmapIn)
    .find((bytes) => bytes !== undefined);
}
