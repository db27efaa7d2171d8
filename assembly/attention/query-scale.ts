/** Factors of the queries by position. */
import { at } from "./mask";

/**
 * Multiplies the first `width` elements of rows [begin, end), the queries, with the factor of their position.
 * The gradient is multiplied in the same way.
 *
 * @param x f32 [rows, stride]
 * @param factors f32 [positions]
 * @param positions u32 [rows]
 */
export function scaleQueries(
  x: usize,
  stride: usize,
  width: usize,
  factors: usize,
  positions: usize,
  begin: usize,
  end: usize,
): void {
  for (let row = begin; row < end; row++) {
    const factor = f32.load(factors + (at(positions, row) << 2));
    const from = x + ((row * stride) << 2);
    for (let i: usize = 0; i < width << 2; i += 4) f32.store(from + i, f32.load(from + i) * factor);
  }
}
