/** AdamW (Loshchilov & Hutter 2019) and sums of squares, element by element in memory. */
import { madd, sumLanes } from "../simd";

/** Elements of a block of `sumSquares`. */
export const NORM_BLOCK: usize = 4096;

/**
 * One step of AdamW for groups of four elements [begin, end). It clears the gradient:
 *
 *   m = beta1 m + (1 - beta1) g,  v = beta2 v + (1 - beta2) g^2,  p = keep p - stepSize m / (sqrt(v) rootScale + epsilon)
 *
 * @param p f32, parameters; with their gradient g and its moments m and v
 * @param clip factor of the gradient
 * @param keep 1 - lr * weight decay
 * @param stepSize lr / (1 - beta1^t)
 * @param rootScale 1 / sqrt(1 - beta2^t)
 */
export function adamW(
  p: usize,
  g: usize,
  m: usize,
  v: usize,
  clip: f32,
  keep: f32,
  beta1: f32,
  oneMinusBeta1: f32,
  beta2: f32,
  oneMinusBeta2: f32,
  stepSize: f32,
  rootScale: f32,
  epsilon: f32,
  begin: usize,
  end: usize,
): void {
  const zero = f32x4.splat(0);
  for (let i = begin << 4; i < end << 4; i += 16) {
    const gradient = f32x4.mul(v128.load(g + i), f32x4.splat(clip));
    const mean = madd(f32x4.splat(beta1), v128.load(m + i), f32x4.mul(f32x4.splat(oneMinusBeta1), gradient));
    const square = f32x4.mul(f32x4.mul(gradient, gradient), f32x4.splat(oneMinusBeta2));
    const variance = madd(f32x4.splat(beta2), v128.load(v + i), square);
    const root = madd(f32x4.sqrt(variance), f32x4.splat(rootScale), f32x4.splat(epsilon));
    const update = f32x4.div(f32x4.mul(f32x4.splat(stepSize), mean), root);
    v128.store(p + i, f32x4.sub(f32x4.mul(f32x4.splat(keep), v128.load(p + i)), update));
    v128.store(m + i, mean);
    v128.store(v + i, variance);
    v128.store(g + i, zero);
  }
}

/**
 * Sums of the squares of blocks [begin, end) of 4,096 elements.
 *
 * @param out f64 [ceil(length / 4096)]
 * @param x f32 [length], a multiple of 4
 */
export function sumSquares(out: usize, x: usize, length: usize, begin: usize, end: usize): void {
  for (let block = begin; block < end; block++) {
    const stop = x + (min((block + 1) * NORM_BLOCK, length) << 2);
    let lanes = f32x4.splat(0);
    for (let at = x + ((block * NORM_BLOCK) << 2); at < stop; at += 16) {
      const v = v128.load(at);
      lanes = madd(v, v, lanes);
    }
    store<f64>(out + (block << 3), <f64>sumLanes(lanes));
  }
}
