/** What a classifier reads of a text. */
import { GptError } from "../errors.ts";
import { textIds } from "../text/text-ids.ts";
import type { Tokenizer } from "../tokenizer/tokenizer.ts";

export interface Reading {
  readonly ids: readonly number[];
  /** Whether the text was longer than the context: only its start is read then, as Hugging Face's pipelines cut it. */
  readonly truncated: boolean;
}

/**
 * The ids of a text, of an empty one the token that begins or ends texts.
 *
 * @throws GptError `usage` for an empty text where no token stands for it
 */
export function read(tokenizer: Tokenizer, text: string, contextSize: number): Reading {
  const ids = textIds(tokenizer, text);
  if (ids.length > 0) return { ids: ids.slice(0, contextSize), truncated: ids.length > contextSize };
  const start = tokenizer.bosId ?? tokenizer.endOfTextIds[0];
  if (start !== undefined) return { ids: [start], truncated: false };
  throw new GptError("usage", "the text is empty, and this model names no token that begins a text");
}
