/** The ids of a text that a model reads. */
import { GptError } from "../errors.ts";
import { textIds } from "../text/text-ids.ts";
import type { PipelineTokenizer } from "../tokenizer/index.ts";
import type { Tokenizer } from "../tokenizer/tokenizer.ts";

export interface Reading {
  readonly ids: readonly number[];
  /** The text of a pair that each id belongs to. */
  readonly typeIds: readonly number[];
  /**
   * Whether the text is longer than the context. Its end is not read then, as in Hugging Face's libraries.
   */
  readonly truncated: boolean;
}

/**
 * The ids of a text for a decoder. The token that begins or ends texts stands for an empty one.
 *
 * @throws GptError `usage` for an empty text if there is no such token
 */
export function read(tokenizer: Tokenizer, text: string, contextSize: number): Omit<Reading, "typeIds"> {
  const ids = textIds(tokenizer, text);
  if (ids.length > 0) return { ids: ids.slice(0, contextSize), truncated: ids.length > contextSize };
  return { ids: [startOf(tokenizer)], truncated: false };
}

/**
 * The ids of one text or two with the special tokens around them, as encoders read them. Special tokens that
 * the text spells become ids.
 *
 * @throws GptError as `read`
 */
export function inputOf(
  tokenizer: PipelineTokenizer,
  text: string,
  { pair, maxTokens }: { readonly pair?: string | undefined; readonly maxTokens?: number | undefined },
): Reading {
  const whole = tokenizer.encodeInput(text, { pair, parseSpecial: true });
  if (maxTokens !== undefined && whole.ids.length > maxTokens) {
    return { ...tokenizer.encodeInput(text, { pair, parseSpecial: true, maxTokens }), truncated: true };
  }
  if (whole.ids.length > 0) return { ...whole, truncated: false };
  return { ids: [startOf(tokenizer)], typeIds: [0], truncated: false };
}

function startOf({ bosId, endOfTextIds }: Tokenizer): number {
  const start = bosId ?? endOfTextIds[0];
  if (start !== undefined) return start;
  throw new GptError("usage", "the text is empty, and this model names no token that begins a text");
}
