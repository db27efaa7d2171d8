/** Adds a multiple of a matrix to some columns of another. */
import { loadLanes, madd, storeLanes } from "../simd";

/**
 * target[row][i] += scale * x[row][i] for the rows [begin, end) and all i below `width`.
 *
 * @param target f32, rows `targetWidth` elements apart
 * @param x f32, rows `xWidth` elements apart
 */
export function addScaled(
  target: usize,
  targetWidth: usize,
  x: usize,
  xWidth: usize,
  width: usize,
  scale: f32,
  begin: usize,
  end: usize,
): void {
  const factor = f32x4.splat(scale);
  for (let row = begin; row < end; row++) {
    const to = target + ((row * targetWidth) << 2);
    const from = x + ((row * xWidth) << 2);
    for (let i: usize = 0; i < width; i += 4) {
      const at = i << 2;
      const left = width - i;
      storeLanes(to + at, madd(factor, loadLanes(from + at, left), loadLanes(to + at, left)), left);
    }
  }
}
