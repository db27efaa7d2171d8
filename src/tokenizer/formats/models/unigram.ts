/** `Unigram` of tokenizer.json. */

import type { JsonObject, JsonValue } from "../../../files/json.ts";
import type { JsonFields } from "../../../files/json-fields.ts";
import { inTurn } from "../../pattern/splitters.ts";
import { Unigram, type UnigramDescription } from "../../unigram/unigram.ts";
import { spelled } from "../pipeline/pre-tokenizers.ts";
import type { ModelFormat } from "./model-format.ts";
import { noTokenSpansWords, spaceMarkedWords } from "./words.ts";

export const unigramFormat: ModelFormat<UnigramDescription> = {
  entries: (model) => readPieces(model).map(([text], id) => [text, id] as const),

  read(model, vocabulary) {
    const scores = new Array<number>(vocabulary.size).fill(0);
    for (const [id, [, score]] of readPieces(model).entries()) scores[id] = score;
    return {
      type: "Unigram",
      scores,
      unknown: readUnknown(model, vocabulary.size),
      byteTokens: model.boolean("byte_fallback", false) ? vocabulary.byteTokens() : [],
      userDefined: [],
    };
  },

  write({ scores, unknown, byteTokens }, { texts }): JsonObject {
    const pieces = texts.map((text, id) => [text ?? `[unused${id}]`, scores[id] ?? 0]);
    return {
      type: "Unigram",
      unk_id: unknown ?? null,
      vocab: pieces,
      byte_fallback: byteTokens.some((id) => id !== undefined),
    };
  },

  assemble(description, vocabulary, pieces) {
    const split = pieces.bytes === "by model" ? spelled(pieces.split) : pieces.split;
    const bytes = description.byteTokens.some((id) => id !== undefined);
    return {
      model: new Unigram(description, vocabulary.ids),
      split: noTokenSpansWords(vocabulary) ? inTurn([split, spaceMarkedWords()]) : split,
      kind: bytes ? "Unigram with byte fallback" : "Unigram",
      merges: 0,
    };
  },
};

type Piece = readonly [text: string, score: number];

/** `[["▁the", -3.2], ...]`: ids are places in the list. */
function readPieces(model: JsonFields): Piece[] {
  return model.list("vocab").map((piece, id) => {
    if (isPiece(piece)) return piece;
    return model.fail(`vocab[${id}]`, "a token and its score", piece);
  });
}

const isPiece = (value: JsonValue): value is [string, number] =>
  Array.isArray(value) &&
  value.length === 2 &&
  typeof value[0] === "string" &&
  typeof value[1] === "number" &&
  Number.isFinite(value[1]);

function readUnknown(model: JsonFields, size: number): number | undefined {
  if (model.get("unk_id") === undefined) return undefined;
  const id = model.count("unk_id");
  return id < size ? id : model.fail("unk_id", "an id of the vocabulary");
}
