/** An added token in the syntax of tokenizer.json and tokenizer_config.json. */

import type { JsonObject } from "../../files/json.ts";
import type { JsonFields } from "../../files/json-fields.ts";
import type { AddedToken } from "../added-tokens.ts";
import { MAX_CONTENT } from "../rewrite.ts";

export function readAddedToken(fields: JsonFields, id: number): AddedToken {
  const special = fields.boolean("special", false);
  const content = fields.string("content");
  if (content.length > MAX_CONTENT) fields.fail("content", `at most ${MAX_CONTENT} characters`);
  return {
    id,
    content,
    special,
    singleWord: fields.boolean("single_word", false),
    leftStrip: fields.boolean("lstrip", false),
    rightStrip: fields.boolean("rstrip", false),
    normalized: fields.boolean("normalized", !special),
  };
}

/** All fields but the id. */
export const addedTokenJson = (token: AddedToken): JsonObject => ({
  content: token.content,
  single_word: token.singleWord,
  lstrip: token.leftStrip,
  rstrip: token.rightStrip,
  normalized: token.normalized,
  special: token.special,
});
