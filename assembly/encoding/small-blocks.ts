/**
 * Encodes blocks of 32 elements of Q4_0, Q4_1, Q5_0, Q5_1 and MXFP4, each of four rows (quantize_row_*_ref,
 * and quantize_row_*_impl with importances).
 */
import { fitWithMin } from "./fit-positive";
import { fitSigned } from "./fit-signed";
import { putHalf } from "./k-blocks";
import { extreme, INTEGERS, integerOf, laneOf, MINS, quotient, SCALES, TRIED, WEIGHTS, weigh } from "./lanes";
import { storeHalves } from "./nonlinear-blocks";

const BLOCK: usize = 32;
/** Bytes of the values of a block. */
const STEP: usize = 512;

/** Scale and integers of Q4_0 and Q5_0. @param spread mean square of the row */
export function fitWithoutMin(x: usize, importance: usize, spread: v128, levels: f32): void {
  if (importance != 0) {
    weigh(x + WEIGHTS, x, importance, spread, BLOCK);
    v128.store(x + SCALES, fitSigned(x + INTEGERS, x, x + WEIGHTS, BLOCK, levels));
    return;
  }
  const scale = f32x4.div(extreme(x, BLOCK), f32x4.splat(-levels));
  const inverse = quotient(f32x4.splat(1), scale);
  v128.store(x + SCALES, scale);
  for (let k: usize = 0; k < STEP; k += 16) {
    const l = f32x4.trunc(f32x4.add(f32x4.mul(v128.load(x + k), inverse), f32x4.splat(levels + 0.5)));
    v128.store(x + k + INTEGERS, f32x4.pmin(f32x4.splat(2 * levels - 1), l));
  }
}

/** Scale, min and integers of Q4_1 and Q5_1. */
export function fitBesideMin(x: usize, importance: usize, spread: v128, most: f32): void {
  if (importance != 0) {
    weigh(x + WEIGHTS, x, importance, spread, BLOCK);
    const mins = x + MINS;
    const weights = x + WEIGHTS;
    const scale = fitWithMin(x + INTEGERS, x, weights, x + TRIED, mins, BLOCK, most, -0.9, 0.05, 36, false);
    v128.store(x + SCALES, scale);
    v128.store(mins, f32x4.neg(v128.load(mins)));
    return;
  }
  let least = v128.load(x);
  let largest = least;
  for (let k: usize = 16; k < STEP; k += 16) {
    least = f32x4.pmin(least, v128.load(x + k));
    largest = f32x4.pmax(largest, v128.load(x + k));
  }
  const scale = f32x4.div(f32x4.sub(largest, least), f32x4.splat(most));
  const inverse = quotient(f32x4.splat(1), scale);
  v128.store(x + SCALES, scale);
  v128.store(x + MINS, least);
  for (let k: usize = 0; k < STEP; k += 16) {
    const own = f32x4.mul(f32x4.sub(v128.load(x + k), least), inverse);
    const l = f32x4.trunc(f32x4.add(own, f32x4.splat(0.5)));
    v128.store(x + k + INTEGERS, f32x4.pmin(f32x4.splat(most), l));
  }
}

/** Half floats, fifth bits of Q5, integers of 4 bits. */
export function storeSmall(to: usize, x: usize, lane: usize, bits: u32, hasMin: bool): void {
  putHalf(to, laneOf(x + SCALES, lane));
  to += 2;
  if (hasMin) {
    putHalf(to, laneOf(x + MINS, lane));
    to += 2;
  }
  if (bits == 5) {
    let fifth: u32 = 0;
    for (let i: usize = 0; i < BLOCK; i++) fifth |= (integerOf(x + INTEGERS, i, lane) >> 4) << (<u32>i);
    store<u32>(to, fifth);
    to += 4;
  }
  storeHalves(to, x, lane);
}

/** The numbers of 4 bits of MXFP4 that are not negative, doubled. */
const DOUBLED: usize = memory.data<f32>([0, 1, 2, 3, 4, 6, 8, 12]);

/**
 * MXFP4: the scale is the power of two that maps the extreme below 8, which is two more than the exponent of
 * the largest number; of equally near numbers the first one is taken.
 */
export function fitMxfp4(x: usize): void {
  const exponent = i32x4.shr_u(f32x4.abs(extreme(x, BLOCK)), 23);
  const stored = i32x4.max_s(i32x4.sub(exponent, i32x4.splat(2)), i32x4.splat(0));
  v128.store(x + SCALES, stored);
  // 2^(stored - 128): half the scale, beside the doubled numbers.
  const isTiny = i32x4.lt_s(stored, i32x4.splat(2));
  const tiny = i32x4.shl(i32x4.add(i32x4.splat(1), v128.and(stored, i32x4.splat(1))), 21);
  const power = v128.bitselect(tiny, i32x4.shl(i32x4.sub(stored, i32x4.splat(1)), 23), isTiny);
  for (let k: usize = 0; k < STEP; k += 16) {
    const v = v128.load(x + k);
    let best = f32x4.abs(v);
    let index = i32x4.splat(0);
    for (let i = 1; i < 16; i++) {
      if (i == 8) continue;
      const number = f32x4.mul(v128.load32_splat(DOUBLED + ((i & 7) << 2)), power);
      const error = f32x4.abs(i < 8 ? f32x4.sub(number, v) : f32x4.add(number, v));
      const isBetter = f32x4.lt(error, best);
      best = v128.bitselect(error, best, isBetter);
      index = v128.bitselect(i32x4.splat(i), index, isBetter);
    }
    v128.store(x + k + INTEGERS, f32x4.convert_i32x4_s(index));
  }
}

export function storeMxfp4(to: usize, x: usize, lane: usize): void {
  store<u8>(to, load<u8>(x + SCALES + (lane << 2)));
  storeHalves(to + 1, x, lane);
}
