/** Text -> the ids that a model reads. */
import type { EncodeOptions, Tokenizer } from "../tokenizer/tokenizer.ts";

/** The ids of a text. The token that begins a text goes first, if the tokenizer asks for it. */
export function textIds(tokenizer: Tokenizer, text: string, options?: EncodeOptions): number[] {
  const ids = tokenizer.encode(text, options);
  const { addBos, bosId } = tokenizer;
  return addBos && bosId !== undefined && ids[0] !== bosId ? [bosId, ...ids] : ids;
}
