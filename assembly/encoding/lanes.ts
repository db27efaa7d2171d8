/**
 * Four rows at once: lane r of all values belongs to row r. Each lane computes the very sums that ggml
 * computes for one row, in its order, so blocks have the same bits.
 */

/** Scratch memory of a thread, of values of 16 bytes: numbers, their weights, integers, integers of a try. */
export const WEIGHTS: usize = 4096;
export const INTEGERS: usize = 8192;
export const TRIED: usize = 12288;
/** For 16 parts of a block: scales, mins, sums of weights, integers of the scales and of the mins. */
export const SCALES: usize = 12800;
export const MINS: usize = 13056;
export const SUMS: usize = 13312;
export const SCALE_INTEGERS: usize = 13568;
export const MIN_INTEGERS: usize = 13824;
export const ENCODER_SCRATCH: usize = 14080;

/** Below it all numbers of a part count as zero (GROUP_MAX_EPS). */
export const ZERO: f32 = 1e-15;

const ROUNDING: f32 = 12582912; // 1.5 x 2^23: a sum with it has no fraction

/** The nearest integer, ties to even, as a float. */
export function nearest(v: v128): v128 {
  return f32x4.sub(f32x4.add(v, f32x4.splat(ROUNDING)), f32x4.splat(ROUNDING));
}

export function nearestWithin(v: v128, least: f32, most: f32): v128 {
  return f32x4.pmax(f32x4.splat(least), f32x4.pmin(f32x4.splat(most), nearest(v)));
}

/** a / b; 0 if b is 0. */
export function quotient(a: v128, b: v128): v128 {
  return v128.andnot(f32x4.div(a, b), f32x4.eq(b, f32x4.splat(0)));
}

/** Element i of four rows that begin at these addresses, for `count` elements, a multiple of 4. */
export function loadRows(to: usize, a: usize, b: usize, c: usize, d: usize, count: usize): void {
  for (let i: usize = 0; i < count << 2; i += 16) {
    const va = v128.load(a + i);
    const vb = v128.load(b + i);
    const vc = v128.load(c + i);
    const vd = v128.load(d + i);
    const ab = v128.shuffle<i32>(va, vb, 0, 4, 1, 5);
    const cd = v128.shuffle<i32>(vc, vd, 0, 4, 1, 5);
    const ab2 = v128.shuffle<i32>(va, vb, 2, 6, 3, 7);
    const cd2 = v128.shuffle<i32>(vc, vd, 2, 6, 3, 7);
    v128.store(to, v128.shuffle<i64>(ab, cd, 0, 2));
    v128.store(to, v128.shuffle<i64>(ab, cd, 1, 3), 16);
    v128.store(to, v128.shuffle<i64>(ab2, cd2, 0, 2), 32);
    v128.store(to, v128.shuffle<i64>(ab2, cd2, 1, 3), 48);
    to += 64;
  }
}

/** The sum of squares of values. */
export function sumOfSquares(x: usize, count: usize): v128 {
  let sum = f32x4.splat(0);
  for (const end = x + (count << 4); x < end; x += 16) {
    const v = v128.load(x);
    sum = f32x4.add(sum, f32x4.mul(v, v));
  }
  return sum;
}

/** Weights importance * sqrt(spread + x^2) of values; returns their sum. */
export function weigh(to: usize, x: usize, importance: usize, spread: v128, count: usize): v128 {
  let sum = f32x4.splat(0);
  for (let i: usize = 0; i < count; i++) {
    const v = v128.load(x + (i << 4));
    const root = f32x4.sqrt(f32x4.add(spread, f32x4.mul(v, v)));
    const w = f32x4.mul(v128.load32_splat(importance + (i << 2)), root);
    v128.store(to + (i << 4), w);
    sum = f32x4.add(sum, w);
  }
  return sum;
}

/** Weights base + |x|. Returns their sum. */
export function weighBySize(to: usize, x: usize, base: v128, count: usize): void {
  for (let i: usize = 0; i < count << 4; i += 16) {
    v128.store(to + i, f32x4.add(base, f32x4.abs(v128.load(x + i))));
  }
}

/** Weights x^2. */
export function weighBySquare(to: usize, x: usize, count: usize): void {
  for (let i: usize = 0; i < count << 4; i += 16) {
    const v = v128.load(x + i);
    v128.store(to + i, f32x4.mul(v, v));
  }
}

/** The value of largest magnitude, the first of equal ones. */
export function extreme(x: usize, count: usize): v128 {
  let magnitude = f32x4.splat(0);
  let found = f32x4.splat(0);
  for (const end = x + (count << 4); x < end; x += 16) {
    const v = v128.load(x);
    const own = f32x4.abs(v);
    const isLarger = f32x4.gt(own, magnitude);
    magnitude = v128.bitselect(own, magnitude, isLarger);
    found = v128.bitselect(v, found, isLarger);
  }
  return found;
}

/** The number of a lane. */
export function laneOf(address: usize, lane: usize): f32 {
  return load<f32>(address + (lane << 2));
}

/** Integer i of a lane. */
export function integerOf(address: usize, i: usize, lane: usize): u32 {
  return <u32>(<i32>load<f32>(address + (i << 4) + (lane << 2)));
}
