/** Copies some columns of a matrix. */
import { loadLanes, storeLanes } from "../simd";

/**
 * out[row][i] = x[row][i] for the rows [begin, end) and all i below `width`.
 *
 * @param out f32, rows `outWidth` elements apart
 * @param x f32, rows `xWidth` elements apart
 */
export function copyColumns(
  out: usize,
  outWidth: usize,
  x: usize,
  xWidth: usize,
  width: usize,
  begin: usize,
  end: usize,
): void {
  for (let row = begin; row < end; row++) {
    const to = out + ((row * outWidth) << 2);
    const from = x + ((row * xWidth) << 2);
    for (let i: usize = 0; i < width; i += 4)
      storeLanes(to + (i << 2), loadLanes(from + (i << 2), width - i), width - i);
  }
}
