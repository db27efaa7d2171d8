/** Multiplies columns of a matrix, element by element, with some of another. */
import { loadLanes, storeLanes } from "../simd";

/**
 * x[row][i] *= y[row][i] for the rows [begin, end) and all i below `width`.
 *
 * @param x f32, rows `xWidth` elements apart
 * @param y f32, rows `yWidth` elements apart
 */
export function multiply(
  x: usize,
  xWidth: usize,
  width: usize,
  y: usize,
  yWidth: usize,
  begin: usize,
  end: usize,
): void {
  for (let row = begin; row < end; row++) {
    const to = x + ((row * xWidth) << 2);
    const from = y + ((row * yWidth) << 2);
    for (let i: usize = 0; i < width; i += 4) {
      const at = i << 2;
      const left = width - i;
      storeLanes(to + at, f32x4.mul(loadLanes(to + at, left), loadLanes(from + at, left)), left);
    }
  }
}
