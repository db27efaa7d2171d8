/** Normalizers with the rules of a SentencePiece model. */

import { isJsonObject, type JsonObject, type JsonValue } from "../../../files/json.ts";
import type { JsonFields } from "../../../files/json-fields.ts";
import { type Rewrite, unchanged } from "../../rewrite.ts";
import { CharsMap } from "../../sentencepiece/charsmap.ts";
import { SPACE_MARK, sentencePieceNormalizer } from "../../sentencepiece/normalizer.ts";
import { precompiled } from "../../sentencepiece/precompiled.ts";
import { PrefixIndex } from "../../unigram/prefix-index.ts";

const MAP = "precompiled_charsmap";

/** `Precompiled` of tokenizer.json, with the rules in base64. */
export function readPrecompiled(fields: JsonFields): Rewrite {
  const map = readMap(fields);
  return map === undefined ? unchanged : precompiled(map);
}

function readMap(fields: JsonFields): CharsMap | undefined {
  const bytes = Buffer.from(fields.optionalString(MAP) ?? "", "base64");
  return bytes.length === 0 ? undefined : new CharsMap(bytes, fields.file, fields.path + MAP);
}

/** What the normalizer of a SentencePiece model does, by the names of its protobuf. */
export interface SentencePieceRules {
  readonly charsmap: Uint8Array | undefined;
  readonly addDummyPrefix: boolean;
  readonly treatWhitespaceAsSuffix: boolean;
  readonly removeExtraWhitespaces: boolean;
  readonly escapeWhitespaces: boolean;
  readonly userDefined: readonly string[];
}

/** In the syntax of tokenizer.json, which has no such type of its own. */
export const sentencePieceJson = (rules: SentencePieceRules): JsonObject => ({
  type: "SentencePiece",
  [MAP]: Buffer.from(rules.charsmap ?? []).toString("base64"),
  add_dummy_prefix: rules.addDummyPrefix,
  treat_whitespace_as_suffix: rules.treatWhitespaceAsSuffix,
  remove_extra_whitespaces: rules.removeExtraWhitespaces,
  escape_whitespaces: rules.escapeWhitespaces,
  user_defined_symbols: [...rules.userDefined],
});

export function readSentencePiece(fields: JsonFields): Rewrite {
  const symbols = fields.list("user_defined_symbols").map(String);
  return sentencePieceNormalizer({
    map: readMap(fields),
    addDummyPrefix: fields.boolean("add_dummy_prefix", true),
    spaceIsSuffix: fields.boolean("treat_whitespace_as_suffix", false),
    removeExtraSpaces: fields.boolean("remove_extra_whitespaces", true),
    markSpaces: fields.boolean("escape_whitespaces", true),
    userDefined: symbols.length > 0 ? new PrefixIndex(symbols.map((symbol, i) => [symbol, i])) : undefined,
  });
}

/** The same in types that tokenizer.json has, but for clusters of characters: see `Precompiled`. */
export function portableNormalizer(normalizer: JsonValue): JsonValue {
  if (!isJsonObject(normalizer) || normalizer.type !== "SentencePiece") return normalizer;
  const replace = (pattern: JsonObject, content: string) => ({ type: "Replace", pattern, content });
  const steps: JsonObject[] = [];
  if (normalizer[MAP]) steps.push({ type: "Precompiled", [MAP]: normalizer[MAP] });
  if (normalizer.remove_extra_whitespaces) {
    steps.push({ type: "Strip", strip_left: true, strip_right: true }, replace({ Regex: " {2,}" }, " "));
  }
  if (normalizer.add_dummy_prefix) steps.push({ type: "Prepend", prepend: SPACE_MARK });
  steps.push(replace({ String: " " }, SPACE_MARK));
  return { type: "Sequence", normalizers: steps };
}
