/** Lane helpers shared by the kernels. Private: nothing here is exported from the module. */

/** a * b + c: fused in the relaxed build, rounded twice in the plain one. */
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
 * Largest magnitude of `count` numbers, a multiple of 4; NaN where there is one. Without a sign the bits of floats are in their
 * order, NaN last, and the maximum of integers is one instruction.
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
/** Numbers below it count as zero where they are quantized: the inverse of their scale may be infinite. */
const TINY: f32 = 1e-30;

/** What makes integers of up to `levels` of numbers of up to `largest`. */
export function inverseScale(largest: f32, levels: f32): v128 {
  return f32x4.splat(largest < TINY ? 0 : levels / largest);
}

/** The nearest integers, to even, of numbers below 2^22. */
export function nearest(v: v128): v128 {
  return i32x4.sub(f32x4.add(v, f32x4.splat(SHIFTER)), f32x4.splat(SHIFTER));
}

/** Eight numbers times `inverse` as integers of 16 bits. */
export function nearestWords(from: usize, inverse: v128): v128 {
  const low = nearest(f32x4.mul(v128.load(from), inverse));
  return i16x8.narrow_i32x4_s(low, nearest(f32x4.mul(v128.load(from, 16), inverse)));
}

/** Loads the first `count` lanes, 1 to 4 of them; the others are zero. */
export function loadLanes(address: usize, count: usize): v128 {
  if (count >= 4) return v128.load(address);
  let v = v128.load32_zero(address);
  if (count > 1) v = v128.load_lane<f32>(address, v, 1, 4);
  if (count > 2) v = v128.load_lane<f32>(address, v, 2, 8);
  return v;
}

/** Stores the first `count` lanes, 1 to 4 of them. */
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

/** Lane 0 of a * b + c, for a known-answer check: the numbers are arguments, so that no compiler knows the answer. */
export function probe(a: f32, b: f32, c: f32): f32 {
  return f32x4.extract_lane(madd(f32x4.splat(a), f32x4.splat(b), f32x4.splat(c)), 0);
}
