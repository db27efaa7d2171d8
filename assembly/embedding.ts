/** Embedding lookup from the same panels that the matrix product reads, so that a tied embedding exists once. */

/**
 * out[row] = weights[ids[row]] for rows [begin, end): lane id % 8 of panel id / 8.
 *
 * @param out f32 [rows, width]
 * @param weights panels of T (f32, or u16 holding bfloat16), [ceil(vocabulary / 8)][width][8]
 * @param ids u32 [rows], each below the vocabulary size
 */
export function embedding<T>(
  out: usize,
  weights: usize,
  ids: usize,
  width: usize,
  begin: usize,
  end: usize,
): void {
  const step = 8 * sizeof<T>();
  for (let row = begin; row < end; row++) {
    const id = <usize>load<u32>(ids + (row << 2));
    let from = weights + (id >> 3) * width * step + (id & 7) * sizeof<T>();
    let to = out + ((row * width) << 2);
    for (const stop = to + (width << 2); to < stop; to += 4) {
      f32.store(to, isFloat<T>() ? load<f32>(from) : reinterpret<f32>((<u32>load<u16>(from)) << 16));
      from += step;
    }
  }
}
