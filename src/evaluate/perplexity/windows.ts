/**
 * Windows of a text's tokens, as other programs cut them. A model predicts the last tokens of a window from
 * all tokens before them; the other tokens are context.
 */

export interface Window {
  readonly ids: readonly number[];
  /** Number of tokens at the end that are predicted, less than all. */
  readonly scored: number;
}

/**
 * llama-perplexity: windows that do not overlap; the tail of the text is left out. The tokens of the second
 * half are predicted, 255 of 512.
 *
 * @param start the token that takes the place of each window's first one, if the model begins texts so
 */
export function halfWindows(ids: readonly number[], size: number, start: number | undefined): Window[] {
  const scored = size - Math.floor(size / 2) - 1;
  const count = scored < 1 ? 0 : Math.floor(ids.length / size);
  return Array.from({ length: count }, (_, i) => {
    const window = ids.slice(i * size, (i + 1) * size);
    if (start !== undefined) window[0] = start;
    return { ids: window, scored };
  });
}

/** llama-perplexity with --ppl-stride: a window starts every `stride` tokens, and predicts its last ones. */
export function slidingWindows(ids: readonly number[], size: number, stride: number): Window[] {
  const count = Math.max(0, Math.ceil((ids.length - size) / stride));
  return Array.from({ length: count }, (_, i) => ({
    ids: ids.slice(i * stride, i * stride + size),
    scored: Math.min(stride, size - 1),
  }));
}

/**
 * Hugging Face's page on perplexity: a window starts every `stride` tokens, and predicts the tokens that come
 * after the last window.
 */
export function stridedWindows(ids: readonly number[], size: number, stride: number): Window[] {
  const windows: Window[] = [];
  let last = 0;
  for (let begin = 0; last < ids.length; begin += stride) {
    const end = Math.min(begin + size, ids.length);
    const scored = Math.min(end - last, end - begin - 1);
    if (scored > 0) windows.push({ ids: ids.slice(begin, end), scored });
    last = end;
  }
  return windows;
}

/**
 * lm-evaluation-harness: every token is predicted once. The first window begins with the prefix, each other
 * one with the last token of the window before it. The last window has more context, so that it is whole.
 *
 * @param size tokens that a window predicts, at most
 */
export function rollingWindows(ids: readonly number[], size: number, prefix: number): Window[] {
  const all = [prefix, ...ids];
  const windows: Window[] = [];
  for (let done = 0; done < ids.length; ) {
    const scored = Math.min(size, ids.length - done);
    const end = done + scored + 1;
    windows.push({ ids: all.slice(done === 0 ? 0 : Math.max(0, end - size - 1), end), scored });
    done += scored;
  }
  return windows;
}

/**
 * Windows that do not overlap. Each begins with the start tokens, and predicts all others, or all but one.
 */
export function wholeWindows(ids: readonly number[], size: number, start: readonly number[]): Window[] {
  const step = Math.max(1, size - start.length);
  return Array.from({ length: Math.ceil(ids.length / step) }, (_, i) => {
    const window = [...start, ...ids.slice(i * step, (i + 1) * step)];
    return { ids: window, scored: window.length - 1 };
  }).filter(({ scored }) => scored > 0);
}
