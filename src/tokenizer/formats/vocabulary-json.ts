/** A vocabulary as JSON spells it, `{"hello": 31373, ...}`, and the tokens that were added to it. */

import type { JsonObject } from "../../files/json.ts";
import { type AddedToken, addedToken } from "../added-tokens.ts";
import { Vocabulary } from "../bpe/vocabulary.ts";

export interface JsonVocabulary {
  readonly vocabulary: Vocabulary;
  readonly addedTokens: readonly AddedToken[];
}

export interface VocabularySource {
  readonly file: string;
  /** The field that an error names. */
  readonly field: string;
  readonly entries: readonly (readonly [text: string, id: number])[];
}

/**
 * @param listed added tokens that the files describe
 * @param special texts of tokens with a role (`eos_token`): if the vocabulary has them they are control
 *   tokens
 */
export function readVocabulary(
  { file, field, entries }: VocabularySource,
  listed: readonly AddedToken[],
  special: readonly (string | undefined)[],
): JsonVocabulary {
  let size = 0;
  for (const [, id] of entries) size = Math.max(size, id + 1);
  for (const { id } of listed) size = Math.max(size, id + 1);
  const vocabulary = new Vocabulary(file, size);
  for (const [text, id] of entries) vocabulary.add(text, id, field);
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

export const vocabularyJson = ({ texts }: Vocabulary): JsonObject =>
  Object.fromEntries([...texts.entries()].flatMap(([id, text]) => (text ? [[text, id]] : [])));
