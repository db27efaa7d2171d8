/** A vocabulary as JSON spells it, `{"hello": 31373, ...}`, and the tokens that were added to it. */

import type { JsonFields } from "../../files/json-fields.ts";
import { type AddedToken, addedToken } from "../added-tokens.ts";
import { Vocabulary } from "../bpe/vocabulary.ts";

export interface JsonVocabulary {
  readonly vocabulary: Vocabulary;
  readonly addedTokens: readonly AddedToken[];
}

/**
 * @param listed added tokens that the files describe
 * @param special texts of tokens with a role (`eos_token`): where the vocabulary has them they are control tokens
 */
export function readVocabulary(
  fields: JsonFields,
  listed: readonly AddedToken[],
  special: readonly (string | undefined)[],
): JsonVocabulary {
  const texts = fields.names;
  let size = 0;
  for (const text of texts) size = Math.max(size, fields.count(text) + 1);
  for (const { id } of listed) size = Math.max(size, id + 1);
  const field = fields.path === "" ? "the vocabulary" : fields.path.slice(0, -1);
  const vocabulary = new Vocabulary(fields.file, size);
  for (const text of texts) vocabulary.add(text, fields.count(text), field);
  for (const token of listed) vocabulary.reserve(token.content, token.id, token.special, "added_tokens");

  const addedTokens = [...listed];
  for (const content of special) {
    const id = content === undefined ? undefined : vocabulary.ids.get(content);
    if (content === undefined || id === undefined || listed.some((token) => token.id === id)) continue;
    vocabulary.reserve(content, id, true, field);
    addedTokens.push(addedToken(content, id, true));
  }
  return { vocabulary, addedTokens };
}
