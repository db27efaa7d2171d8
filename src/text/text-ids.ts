/** Text -> the ids that a model reads. */
import type { EncodeOptions, Tokenizer } from "../tokenizer/tokenizer.ts";

/**
 * The ids of a text. The tokens that a prompt starts with go first, unless the text starts with them itself.
 */
export function textIds(tokenizer: Tokenizer, text: string, options?: EncodeOptions): number[] {
  const ids = tokenizer.encode(text, options);
  const { startIds } = tokenizer;
  return startIds.length > 0 && ids[0] !== startIds[0] ? [...startIds, ...ids] : ids;
}
