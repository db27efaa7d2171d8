/** Definitions of perplexity's windows, position by position. */

/** Hugging Face's page: [begin, end, number of predicted tokens] of each window. */
export function strided(length: number, size: number, stride: number): number[][] {
  const windows = [];
  for (let begin = 0, last = 0; begin < length; begin += stride) {
    const end = Math.min(begin + size, length);
    windows.push([begin, end, begin === 0 ? end - 1 : end - last]);
    last = end;
    if (end === length) break;
  }
  return windows;
}

/** lm-evaluation-harness: [number of context tokens, number of predicted tokens] of each window. */
export function rolling(length: number, size: number): number[][] {
  const windows = [];
  for (let done = 0; done < length; done += size) {
    const scored = Math.min(size, length - done);
    windows.push([done === 0 ? 1 : size + 1 - scored, scored]);
  }
  return windows;
}
