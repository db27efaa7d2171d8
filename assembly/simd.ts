/** Helpers on lanes that the kernels share. */

/** a * b + c. The relaxed build fuses it; the plain build rounds twice. */
export function madd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, c);
  return f32x4.add(f32x4.mul(a, b), c);
}

/** Sum of the four lanes, always in the same order: (0 + 2) + (1 + 3). */
export function sumLanes(v: v128): f32 {
  const pairs = f32x4.add(v, i8x16.shuffle(v, v, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7));
  return f32x4.extract_lane(pairs, 0) + f32x4.extract_lane(pairs, 1);
}

export function maxLanes(v: v128): f32 {
  return max(
    max(f32x4.extract_lane(v, 0), f32x4.extract_lane(v, 1)),
    max(f32x4.extract_lane(v, 2), f32x4.extract_lane(v, 3)),
  );
}

/**
 * Largest magnitude of `count` numbers, a multiple of 4; NaN if one of them is NaN. Without their signs, the
 * bits of floats have the order of the floats, with NaN last, and the maximum of integers is one instruction.
 */
export function largestMagnitude(from: usize, count: usize): f32 {
  let largest = i32x4.splat(0);
  for (const stop = from + (count << 2); from < stop; from += 16) {
    largest = i32x4.max_s(largest, f32x4.abs(v128.load(from)));
  }
  const low = max(i32x4.extract_lane(largest, 0), i32x4.extract_lane(largest, 1));
  const high = max(i32x4.extract_lane(largest, 2), i32x4.extract_lane(largest, 3));
  return reinterpret<f32>(max(low, high));
}

/** 1.5 * 2^23: adding it leaves the nearest integer in the low bits. */
const SHIFTER: f32 = 12582912;
/** Smaller numbers are quantized as zero, because the inverse of their scale may be infinite. */
const TINY: f32 = 1e-30;

/** Factor that maps numbers up to `largest` to integers up to `levels`. */
export function inverseScale(largest: f32, levels: f32): v128 {
  return f32x4.splat(largest < TINY ? 0 : levels / largest);
}

/** The nearest integers, ties to even, of numbers below 2^22. */
export function nearest(v: v128): v128 {
  return i32x4.sub(f32x4.add(v, f32x4.splat(SHIFTER)), f32x4.splat(SHIFTER));
}

/** Loads the first `count` lanes (at least 1); the others are zero. */
export function loadLanes(address: usize, count: usize): v128 {
  if (count >= 4) return v128.load(address);
  let v = v128.load32_zero(address);
  if (count > 1) v = v128.load_lane<f32>(address, v, 1, 4);
  if (count > 2) v = v128.load_lane<f32>(address, v, 2, 8);
  return v;
}

/** Stores the first `count` lanes (at least 1). */
export function storeLanes(address: usize, v: v128, count: usize): void {
  if (count >= 4) {
    v128.store(address, v);
    return;
  }
  f32.store(address, f32x4.extract_lane(v, 0));
  if (count > 1) f32.store(address, f32x4.extract_lane(v, 1), 4);
  if (count > 2) f32.store(address, f32x4.extract_lane(v, 2), 8);
}

export function storePair(address: usize, a: v128, b: v128): void {
  v128.store(address, a);
  v128.store(address, b, 16);
}

/** Four weights stored as T, widened to f32. A bfloat16 (u16) is the upper half of a float. */
export function loadWeights<T>(address: usize): v128 {
  if (isFloat<T>()) return v128.load(address);
  return i32x4.shl(v128.load_ext<u16>(address), 16);
}

/**
 * a * b + c in lane 0, to check that the build runs. The numbers are arguments, so no compiler can compute
 * the answer.
 */
export function probe(a: f32, b: f32, c: f32): f32 {
  return f32x4.extract_lane(madd(f32x4.splat(a), f32x4.splat(b), f32x4.splat(c)), 0);
}

/** The upper two floats, in the place of the lower two. */
export function upperHalf(v: v128): v128 {
  return i8x16.shuffle(v, v, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7);
}

/** Two sums in f64 lanes: 50,000 terms in f32 lanes lose three digits. */
export function promotedSum(v: v128): v128 {
  return f64x2.add(f64x2.promote_low_f32x4(v), f64x2.promote_low_f32x4(upperHalf(v)));
}

export function totalOf(lanes: v128): f64 {
  return f64x2.extract_lane(lanes, 0) + f64x2.extract_lane(lanes, 1);
}
