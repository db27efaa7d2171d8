/**
 * Parallel residual streams (AltUp, Baykal et al. 2023). A row holds `count` streams of `width` elements side
 * by side. A kernel takes the rows [begin, end).
 */
import { sumOfSquares } from "../norm/norm";
import { loadLanes, madd, storeLanes } from "../simd";

/** Mean squares below it count as it. */
export const LEAST: f32 = 1e-5;

/**
 * Scales rows of y to the root mean square of the rows of x: y *= rms(x) / sqrt(max(mean(y^2), 1e-5)).
 *
 * @param y f32 [rows, width]
 * @param x f32 [rows, width]
 */
export function matchMagnitude(y: usize, x: usize, width: usize, begin: usize, end: usize): void {
  const bytes = width << 2;
  for (let row = begin; row < end; row++) {
    const to = y + row * bytes;
    const wanted = Mathf.sqrt(sumOfSquares(x + row * bytes, bytes, 0) / <f32>width);
    const own = Mathf.sqrt(max(sumOfSquares(to, bytes, 0) / <f32>width, LEAST));
    const factor = f32x4.splat(wanted / own);
    for (let i: usize = 0; i < width; i += 4) {
      const at = to + (i << 2);
      storeLanes(at, f32x4.mul(loadLanes(at, width - i), factor), width - i);
    }
  }
}

/**
 * out_j = x_j + sum over k of weights[j count + k] x_k, for each stream j.
 *
 * @param out f32 [rows, count * width]
 * @param x f32 [rows, count * width]
 * @param weights f32 [rows, count * count]
 */
export function mixStreams(
  out: usize,
  x: usize,
  weights: usize,
  count: usize,
  width: usize,
  begin: usize,
  end: usize,
): void {
  const bytes = width << 2;
  for (let row = begin; row < end; row++) {
    const from = x + row * count * bytes;
    for (let j: usize = 0; j < count; j++) {
      const to = out + (row * count + j) * bytes;
      const own = weights + (((row * count + j) * count) << 2);
      for (let i: usize = 0; i < width; i += 4) {
        const left = width - i;
        const at = from + (i << 2);
        let sum = loadLanes(at + j * bytes, left);
        for (let k: usize = 0; k < count; k++) {
          sum = madd(v128.load_splat<f32>(own + (k << 2)), loadLanes(at + k * bytes, left), sum);
        }
        storeLanes(to + (i << 2), sum, left);
      }
    }
  }
}

/**
 * streams_j += (1 + weights[j]) x, for the streams j from `first` on.
 *
 * @param streams f32 [rows, count * width]
 * @param x f32 [rows, width]
 * @param weights f32 [rows, count], or 0 for zeros
 */
export function addToStreams(
  streams: usize,
  x: usize,
  weights: usize,
  count: usize,
  width: usize,
  first: usize,
  begin: usize,
  end: usize,
): void {
  const bytes = width << 2;
  for (let row = begin; row < end; row++) {
    const from = x + row * bytes;
    for (let j = first; j < count; j++) {
      const to = streams + (row * count + j) * bytes;
      const weight: f32 = weights == 0 ? 0 : f32.load(weights + ((row * count + j) << 2));
      const factor = f32x4.splat(1 + weight);
      for (let i: usize = 0; i < width; i += 4) {
        const left = width - i;
        const at = to + (i << 2);
        storeLanes(at, madd(factor, loadLanes(from + (i << 2), left), loadLanes(at, left)), left);
      }
    }
  }
}
