/** Cuts a calibration text into windows of tokens, as llama-imatrix does. */
import { GptError } from "../errors.ts";
import type { Tokenizer } from "../tokenizer/index.ts";

/** A text and the name that errors and files of importances give it. */
export interface CalibrationText {
  readonly path: string;
  readonly text: string;
}

/**
 * Whole windows that do not overlap; a shorter text is one window. Each begins with the begin token in the
 * place of its first token, if the tokenizer puts one before prompts.
 *
 * @param size tokens of a window
 * @param most windows, from the start of the text
 * @throws GptError `usage` for a text of one token or none
 */
export function calibrationWindows(
  tokenizer: Tokenizer,
  { path, text }: CalibrationText,
  size: number,
  most = Number.POSITIVE_INFINITY,
): number[][] {
  const ids = tokenizer.encode(text);
  if (ids.length < 2)
    throw new GptError("usage", `${path}: is too short to measure inputs: give a longer text`);
  const count = Math.min(most, Math.max(1, Math.floor(ids.length / size)));
  return Array.from({ length: count }, (_, window) => {
    const own = ids.slice(window * size, (window + 1) * size);
    if (tokenizer.addBos && tokenizer.bosId !== undefined) own[0] = tokenizer.bosId;
    return own;
  });
}
