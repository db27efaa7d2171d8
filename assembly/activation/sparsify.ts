/** Gates that are zero unless they are far above their mean (Gemma 3n). */
import { sum, sumOfSquares } from "../norm/norm";
import { loadLanes, storeLanes } from "../simd";

/**
 * x = max(x - (mean + deviations * standard deviation), 0) of the first `width` elements of rows [begin,
 * end). The variance is that of the elements themselves, divided by their number.
 *
 * @param x f32, rows `stride` elements apart
 */
export function sparsify(
  x: usize,
  width: usize,
  stride: usize,
  deviations: f32,
  begin: usize,
  end: usize,
): void {
  const bytes = width << 2;
  for (let row = begin; row < end; row++) {
    const from = x + ((row * stride) << 2);
    const mean = sum(from, bytes) / <f32>width;
    const deviation = Mathf.sqrt(sumOfSquares(from, bytes, mean) / <f32>width);
    const cutoff = f32x4.splat(mean + deviation * deviations);
    for (let i: usize = 0; i < width; i += 4) {
      const at = from + (i << 2);
      const above = f32x4.sub(loadLanes(at, width - i), cutoff);
      storeLanes(at, f32x4.max(above, f32x4.splat(0)), width - i);
    }
  }
}
