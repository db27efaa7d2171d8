/** Kullback-Leibler divergence between the softmaxes of rows of logits. */
import { Transcendental } from "../activation/transcendental";
import { promotedSum, totalOf, upperHalf } from "../simd";
import { maximum } from "./softmax";

/** Sum of e (a - b), without logits of -infinity: their probability is 0, and a - b may be no number. */
function weightedSum(e: v128, a: v128, b: v128): v128 {
  const difference = v128.and(f32x4.sub(a, b), f32x4.gt(a, f32x4.splat(-Infinity)));
  const low = f64x2.mul(f64x2.promote_low_f32x4(e), f64x2.promote_low_f32x4(difference));
  const upper = f64x2.mul(
    f64x2.promote_low_f32x4(upperHalf(e)),
    f64x2.promote_low_f32x4(upperHalf(difference)),
  );
  return f64x2.add(low, upper);
}

/**
 * Of rows [begin, end): sum p (ln p - ln q) for p = softmax(a), q = softmax(b), in one pass over both:
 *
 *   e = exp(a - max a),  ln p - ln q = (a - b) - (lse a - lse b),  so  sum e (a - b) / sum e - (lse a - lse b)
 *
 * @param out f32 [rows]
 * @param a f32 [rows, width]
 * @param b f32 [rows, width]
 */
export function divergences(out: usize, a: usize, b: usize, width: usize, begin: usize, end: usize): void {
  const bytes = width << 2;
  const vectors = bytes & ~15;
  for (let row = begin; row < end; row++) {
    const first = a + row * bytes;
    const second = b + row * bytes;
    const largest = maximum(first, bytes);
    const otherLargest = maximum(second, bytes);
    const top = f32x4.splat(largest);
    const otherTop = f32x4.splat(otherLargest);
    let sums = f64x2.splat(0);
    let otherSums = f64x2.splat(0);
    let weighted = f64x2.splat(0);
    for (let i: usize = 0; i < vectors; i += 16) {
      const x = v128.load(first + i);
      const y = v128.load(second + i);
      const e = Transcendental.exp(f32x4.sub(x, top));
      sums = f64x2.add(sums, promotedSum(e));
      otherSums = f64x2.add(otherSums, promotedSum(Transcendental.exp(f32x4.sub(y, otherTop))));
      weighted = f64x2.add(weighted, weightedSum(e, x, y));
    }
    let sum = totalOf(sums);
    let otherSum = totalOf(otherSums);
    let product = totalOf(weighted);
    for (let i = vectors; i < bytes; i += 4) {
      const x = f32.load(first + i);
      const y = f32.load(second + i);
      const e = f32x4.extract_lane(Transcendental.exp(f32x4.splat(x - largest)), 0);
      sum += <f64>e;
      otherSum += <f64>f32x4.extract_lane(Transcendental.exp(f32x4.splat(y - otherLargest)), 0);
      if (x > -Infinity) product += <f64>e * <f64>(x - y);
    }
    const logSum = <f64>largest + Math.log(sum);
    const otherLogSum = <f64>otherLargest + Math.log(otherSum);
    f32.store(out + (row << 2), <f32>(product / sum - (logSum - otherLogSum)));
  }
}
