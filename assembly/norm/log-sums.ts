/** What log-softmax needs of rows of logits: a logit less the largest, less this logarithm. */
import { Transcendental } from "../activation/transcendental";
import { promotedSum, totalOf } from "../simd";
import { maximum } from "./softmax";

/**
 * Of rows [begin, end): the place of the largest logit, the first of equal ones, and ln sum e^(x - largest).
 * The logarithm of a row with NaN or infinity, or with -infinity alone, is NaN.
 *
 * @param out f32 [rows, 2]
 * @param x f32 [rows, width]
 */
export function logSums(out: usize, x: usize, width: usize, begin: usize, end: usize): void {
  const bytes = width << 2;
  const vectors = bytes & ~15;
  const infinity = f32x4.splat(Infinity);
  for (let row = begin; row < end; row++) {
    const logits = x + row * bytes;
    const largest = maximum(logits, bytes);
    const top = f32x4.splat(largest);
    let place = bytes;
    let finite = i32x4.splat(-1);
    let lanes = f64x2.splat(0);
    for (let i: usize = 0; i < vectors; i += 16) {
      const v = v128.load(logits + i);
      finite = v128.and(finite, f32x4.lt(v, infinity));
      const equal = f32x4.eq(v, top);
      if (v128.any_true(equal) && place == bytes) place = i + (ctz(i32x4.bitmask(equal)) << 2);
      lanes = f64x2.add(lanes, promotedSum(Transcendental.exp(f32x4.sub(v, top))));
    }
    let sum = totalOf(lanes);
    for (let i = vectors; i < bytes; i += 4) {
      const v = v128.load_splat<f32>(logits + i);
      finite = v128.and(finite, f32x4.lt(v, infinity));
      if (f32.load(logits + i) == largest && place == bytes) place = i;
      sum += <f64>f32x4.extract_lane(Transcendental.exp(f32x4.sub(v, top)), 0);
    }
    const isNumber = i32x4.all_true(finite) && largest > -Infinity;
    f32.store(out + (row << 3), <f32>(place >> 2));
    f32.store(out + (row << 3), isNumber ? <f32>Math.log(sum) : NaN, 4);
  }
}
