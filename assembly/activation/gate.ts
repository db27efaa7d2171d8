/** Gates: multiplies a matrix, element by element, with a function of some columns of another. */
import { loadLanes, storeLanes } from "../simd";
import { Transcendental } from "./transcendental";

/**
 * x[row][i] *= f(y[row][i]), f = silu or the sigmoid, for the rows [begin, end) and all i below `width`.
 *
 * @param x f32 [rows, width]
 * @param y f32, rows `yWidth` elements apart
 */
export function gate(
  x: usize,
  width: usize,
  y: usize,
  yWidth: usize,
  silu: bool,
  begin: usize,
  end: usize,
): void {
  for (let row = begin; row < end; row++) {
    const to = x + ((row * width) << 2);
    const from = y + ((row * yWidth) << 2);
    for (let i: usize = 0; i < width; i += 4) {
      const left = width - i;
      const v = loadLanes(from + (i << 2), left);
      let factor = Transcendental.sigmoid(v);
      if (silu) factor = f32x4.mul(v, factor);
      storeLanes(to + (i << 2), f32x4.mul(loadLanes(to + (i << 2), left), factor), left);
    }
  }
}
