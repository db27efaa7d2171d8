/** Heads of multi-head latent attention (DeepSeek-AI 2024). */

/**
 * Queries, keys and values of rows [begin, end) side by side, each head as [rotated | not rotated]. All heads
 * share the rotated part of their keys. Pairs of rotated dimensions lie side by side in the input, and half of
 * these dimensions apart in the output.
 *
 * @param out f32 [rows, heads (R + N) + heads (R + N) + heads Dv]
 * @param queries f32 [rows, heads, N + R]
 * @param latent f32 [rows, rank + R], of which the last R are the rotated part of the keys
 * @param expanded f32 [rows, heads, N + Dv]: the other part of the keys, and the values
 * @param fixed N, dimensions that are not rotated
 * @param turned R, dimensions that are rotated, even
 */
export function latentHeads(
  out: usize,
  queries: usize,
  latent: usize,
  expanded: usize,
  heads: usize,
  rank: usize,
  fixed: usize,
  turned: usize,
  valueDim: usize,
  begin: usize,
  end: usize,
): void {
  const dim = (fixed + turned) << 2;
  const turnedBytes = turned << 2;
  const fixedBytes = fixed << 2;
  const valueBytes = valueDim << 2;
  for (let row = begin; row < end; row++) {
    let query = out + row * heads * (2 * dim + valueBytes);
    let key = query + heads * dim;
    let value = key + heads * dim;
    let from = queries + row * heads * dim;
    let other = expanded + row * heads * (fixedBytes + valueBytes);
    const shared = latent + ((row * (rank + turned) + rank) << 2);
    for (let head: usize = 0; head < heads; head++) {
      splitPairs(query, from + fixedBytes, turned);
      memory.copy(query + turnedBytes, from, fixedBytes);
      splitPairs(key, shared, turned);
      memory.copy(key + turnedBytes, other, fixedBytes);
      memory.copy(value, other + fixedBytes, valueBytes);
      query += dim;
      key += dim;
      value += valueBytes;
      from += dim;
      other += fixedBytes + valueBytes;
    }
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
