/** Text -> the ids that a model reads. */
import type { EncodeOptions, Tokenizer } from "../tokenizer/tokenizer.ts";

/** The ids of a text as an encoder reads it: between the tokens around it, as far as it lacks them itself. */
export function sourceIds(tokenizer: Tokenizer, text: string, options?: EncodeOptions): number[] {
  const ids = textIds(tokenizer, text, options);
  const { endIds } = tokenizer;
  return endIds.length > 0 && ids.at(-1) !== endIds.at(-1) ? [...ids, ...endIds] : ids;
}

/**
 * The ids of a text. The tokens that a prompt starts with go first, unless the text starts with them itself.
 */
export function textIds(tokenizer: Tokenizer, text: string, options?: EncodeOptions): number[] {
  const ids = tokenizer.encode(text, options);
  const { startIds } = tokenizer;
  return startIds.length > 0 && ids[0] !== startIds[0] ? [...startIds, ...ids] : ids;
}
