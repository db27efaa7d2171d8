/** Steps of the gradient of attention on one row of weights (attention.ts). */
import { clear } from "../attention/attention";
import { madd, sumLanes } from "../simd";

/**
 * Zeros for the keys of [start, seen) outside [first, own), which the row does not see, and up to whole
 * fours.
 */
export function clearOthers(row: usize, start: usize, first: usize, own: usize, seen: usize): void {
  clear(row, start, first);
  clear(row, own, (seen + 3) & ~3);
}

/**
 * Turns the gradient of the weights into that of the scores.
 * @returns the sum of weights times their gradients
 */
export function differentiateRow(weights: usize, gradient: usize, start: usize, seen: usize): f32 {
  const stop = ((seen + 3) & ~3) << 2;
  let lanes = f32x4.splat(0);
  for (let i = start << 2; i < stop; i += 16) {
    lanes = madd(v128.load(weights + i), v128.load(gradient + i), lanes);
  }
  const total = sumLanes(lanes);
  const totals = f32x4.splat(total);
  for (let i = start << 2; i < stop; i += 16) {
    const slope = f32x4.mul(v128.load(weights + i), f32x4.sub(v128.load(gradient + i), totals));
    v128.store(gradient + i, slope);
  }
  return total;
}

/** Gradients of capped scores become those of the scores: times 1 - (C / c)^2. */
export function uncapRow(gradient: usize, capped: usize, first: usize, own: usize, inverse: f32): void {
  for (let i = first << 2; i < own << 2; i += 4) {
    const share = f32.load(capped + i) * inverse;
    f32.store(gradient + i, f32.load(gradient + i) * (<f32>1 - share * share));
  }
}

/** Gradients of [start, seen), and up to whole fours, times scale. */
export function scaleRow(gradient: usize, start: usize, seen: usize, scale: f32): void {
  const scales = f32x4.splat(scale);
  for (let i = start << 2; i < ((seen + 3) & ~3) << 2; i += 16) {
    v128.store(gradient + i, f32x4.mul(v128.load(gradient + i), scales));
  }
}
