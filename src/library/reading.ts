/** The ids of a text that a classifier reads. */
import { GptError } from "../errors.ts";
import { textIds } from "../text/text-ids.ts";
import type { Tokenizer } from "../tokenizer/tokenizer.ts";

export interface Reading {
  readonly ids: readonly number[];
  /**
   * Whether the text is longer than the context. Only its start is read then, as in Hugging Face's pipelines.
   */
  readonly truncated: boolean;
}

/**
 * The ids of a text. The token that begins or ends texts stands for an empty one.
 *
 * @throws GptError `usage` for an empty text if there is no such token
 */
export function read(tokenizer: Tokenizer, text: string, contextSize: number): Reading {
  const ids = textIds(tokenizer, text);
  if (ids.length > 0) return { ids: ids.slice(0, contextSize), truncated: ids.length > contextSize };
  const start = tokenizer.bosId ?? tokenizer.endOfTextIds[0];
  if (start !== undefined) return { ids: [start], truncated: false };
  throw new GptError("usage", "the text is empty, and this model names no token that begins a text");
}
