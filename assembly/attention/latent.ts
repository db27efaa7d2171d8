/** Heads of multi-head latent attention (DeepSeek-AI 2024), with keys and values that are not expanded. */

/**
 * Queries of all heads, the key and the value of rows [begin, end) side by side, as [rotated | other]. Keys
 * and values are the latent vector; the queries have been multiplied with the matrices that expand it to
 * keys. Pairs of rotated dimensions lie side by side in the input, and half of these dimensions apart in the
 * output.
 *
 * @param out f32 [rows, heads (R + rank) + (R + rank) + rank]
 * @param queries f32 [rows, heads, N + R]
 * @param absorbed f32 [rows, heads, rank]: the first N of each query, in the space of the latent vector
 * @param latent f32 [rows, rank + R], of which the last R are the rotated part of the key
 * @param fixed N, dimensions that are not rotated
 * @param turned R, dimensions that are rotated, even
 */
export function latentHeads(
  out: usize,
  queries: usize,
  absorbed: usize,
  latent: usize,
  heads: usize,
  rank: usize,
  fixed: usize,
  turned: usize,
  begin: usize,
  end: usize,
): void {
  const turnedBytes = turned << 2;
  const rankBytes = rank << 2;
  const dim = turnedBytes + rankBytes;
  const queryBytes = (fixed + turned) << 2;
  for (let row = begin; row < end; row++) {
    let to = out + row * ((heads + 1) * dim + rankBytes);
    let from = queries + row * heads * queryBytes + (fixed << 2);
    let other = absorbed + row * heads * rankBytes;
    for (let head: usize = 0; head < heads; head++) {
      splitPairs(to, from, turned);
      memory.copy(to + turnedBytes, other, rankBytes);
      to += dim;
      from += queryBytes;
      other += rankBytes;
    }
    const own = latent + row * dim;
    splitPairs(to, own + rankBytes, turned);
    memory.copy(to + turnedBytes, own, rankBytes);
    memory.copy(to + dim, own, rankBytes);
  }
}

/** out = the even elements of x, then the odd ones. */
function splitPairs(out: usize, x: usize, count: usize): void {
  const half = (count >> 1) << 2;
  for (let i: usize = 0; i < half; i += 4) {
    f32.store(out + i, f32.load(x + 2 * i));
    f32.store(out + half + i, f32.load(x + 2 * i, 4));
  }
}

/**
 * Some columns of each head of rows [begin, end), head after head: out[head][row] = x[row][head][0 to width].
 *
 * @param out f32 [heads, rows, width]
 * @param x f32 [rows, heads, stride]
 */
export function headsToRows(
  out: usize,
  x: usize,
  rows: usize,
  heads: usize,
  stride: usize,
  width: usize,
  begin: usize,
  end: usize,
): void {
  const bytes = width << 2;
  for (let row = begin; row < end; row++) {
    for (let head: usize = 0; head < heads; head++) {
      memory.copy(out + (head * rows + row) * bytes, x + (((row * heads + head) * stride) << 2), bytes);
    }
  }
}

/**
 * The reverse: out[row][head] = x[head][row].
 *
 * @param out f32 [rows, heads, width]
 * @param x f32 [heads, rows, width]
 */
export function rowsToHeads(
  out: usize,
  x: usize,
  rows: usize,
  heads: usize,
  width: usize,
  begin: usize,
  end: usize,
): void {
  const bytes = width << 2;
  for (let row = begin; row < end; row++) {
    for (let head: usize = 0; head < heads; head++) {
      memory.copy(out + (row * heads + head) * bytes, x + (head * rows + row) * bytes, bytes);
    }
  }
}
