/** Encodes IQ4_NL and IQ4_XS: 16 numbers of 8 bits, denser around zero (quantize_row_iq4_nl_impl). */
import { putHalf } from "./k-blocks";
import {
  extreme,
  INTEGERS,
  integerOf,
  laneOf,
  nearestWithin,
  quotient,
  SCALE_INTEGERS,
  SCALES,
  SUMS,
  sumOfSquares,
  WEIGHTS,
  weigh,
  weighBySquare,
  ZERO,
} from "./lanes";

const PART: usize = 32;
/** Bytes of the values of a part. */
const STEP: usize = 512;
const LEAST = -127;
/** Scales are tried that map the extreme to integers this far from -127. */
const TRIES = 7;

/** Where a number is nearer to the next one, and the distance to it. */
const MIDDLES: usize = memory.data<f32>([
  -115.5, -93.5, -74, -57, -42, -28.5, -16, -4.5, 7, 19, 31.5, 45.5, 61, 79, 101,
]);
const DISTANCES: usize = memory.data<i32>([23, 21, 18, 16, 14, 13, 12, 11, 12, 12, 13, 15, 16, 20, 24]);

/** Scales and integers of a block of `parts` times 32 elements. @param importance of its elements, or 0 */
export function fitNonlinear(x: usize, importance: usize, parts: usize): void {
  const squares = sumOfSquares(x, parts * PART);
  const spread = f32x4.mul(squares, f32x4.splat(<f32>2 / <f32>(parts * PART)));
  for (let part: usize = 0; part < parts; part++) {
    const first = x + part * STEP;
    if (importance == 0) weighBySquare(x + WEIGHTS, first, PART);
    else weigh(x + WEIGHTS, first, importance + ((part * PART) << 2), spread, PART);
    v128.store(x + SCALES + (part << 4), fitPart(first, x + WEIGHTS));
  }
  if (parts == 1) {
    const scale = v128.load(x + SCALES);
    v128.store(x + SUMS, scale);
    chooseIndices(x, quotient(f32x4.splat(1), scale));
    return;
  }
  const unit = f32x4.mul(extreme(x + SCALES, parts), f32x4.splat(<f32>-1 / <f32>32));
  const inverse = quotient(f32x4.splat(1), unit);
  v128.store(x + SUMS, unit);
  for (let part: usize = 0; part < parts; part++) {
    const l = nearestWithin(f32x4.mul(inverse, v128.load(x + SCALES + (part << 4))), -32, 31);
    v128.store(x + SCALE_INTEGERS + (part << 4), f32x4.add(l, f32x4.splat(32)));
    chooseIndices(x + part * STEP, quotient(f32x4.splat(1), f32x4.mul(unit, l)));
  }
}

/** The best of the scales that map the extreme to -127, or nearly so. */
function fitPart(x: usize, w: usize): v128 {
  const largest = extreme(x, PART);
  const isZero = f32x4.lt(f32x4.abs(largest), f32x4.splat(ZERO));
  let scale = f32x4.splat(0);
  let best = f32x4.splat(0);
  for (let i = -TRIES - 1; i <= TRIES; i++) {
    const isFirst = i < -TRIES;
    const inverse = isFirst
      ? f32x4.div(f32x4.splat(1), f32x4.div(f32x4.neg(largest), f32x4.splat(<f32>LEAST)))
      : f32x4.div(f32x4.splat(<f32>(i + LEAST)), largest);
    let sumQX = f32x4.splat(0);
    let sumQQ = f32x4.splat(0);
    for (let k: usize = 0; k < STEP; k += 16) {
      const v = v128.load(x + k);
      const q = nearestNumber(f32x4.mul(inverse, v));
      const weighted = f32x4.mul(v128.load(w + k), q);
      sumQX = f32x4.add(sumQX, f32x4.mul(weighted, v));
      sumQQ = f32x4.add(sumQQ, f32x4.mul(weighted, q));
    }
    const isUsable = f32x4.gt(sumQQ, f32x4.splat(0));
    const own = v128.and(f32x4.div(sumQX, sumQQ), isUsable);
    const isBetter = isFirst
      ? i32x4.splat(-1)
      : v128.and(isUsable, f32x4.gt(f32x4.mul(sumQX, sumQX), f32x4.mul(best, sumQQ)));
    scale = v128.bitselect(own, scale, isBetter);
    best = v128.bitselect(f32x4.mul(own, sumQX), best, isBetter);
  }
  return v128.andnot(scale, isZero);
}

/** The nearest of the 16 numbers. */
function nearestNumber(v: v128): v128 {
  let number = i32x4.splat(LEAST);
  for (let i: usize = 0; i < 60; i += 4) {
    const isBeyond = f32x4.ge(v, v128.load32_splat(MIDDLES + i));
    number = i32x4.add(number, v128.and(isBeyond, v128.load32_splat(DISTANCES + i)));
  }
  return f32x4.convert_i32x4_s(number);
}

/** The indices of the numbers nearest to x * inverse. */
function chooseIndices(x: usize, inverse: v128): void {
  for (let k: usize = 0; k < STEP; k += 16) {
    const v = f32x4.mul(inverse, v128.load(x + k));
    let index = i32x4.splat(0);
    for (let i: usize = 0; i < 60; i += 4) {
      index = i32x4.sub(index, f32x4.ge(v, v128.load32_splat(MIDDLES + i)));
    }
    v128.store(x + k + INTEGERS, f32x4.convert_i32x4_s(index));
  }
}

/** IQ4_NL: a half float, indices of 4 bits. */
export function storeIQ4NL(to: usize, x: usize, lane: usize): void {
  putHalf(to, laneOf(x + SUMS, lane));
  storeHalves(to + 2, x, lane);
}

/** IQ4_XS: a half float, upper 2 bits of eight scales, their lower 4 bits, indices. */
export function storeIQ4XS(to: usize, x: usize, lane: usize): void {
  putHalf(to, laneOf(x + SUMS, lane));
  let high: u32 = 0;
  for (let part: usize = 0; part < 8; part += 2) {
    const a = integerOf(x + SCALE_INTEGERS, part, lane);
    const b = integerOf(x + SCALE_INTEGERS, part + 1, lane);
    const place = (<u32>part) << 1;
    high |= ((a >> 4) | ((b >> 4) << 2)) << place;
    store<u8>(to + (part >> 1), <u8>((a & 15) | ((b & 15) << 4)), 4);
  }
  store<u16>(to, <u16>high, 2);
  for (let part: usize = 0; part < 8; part++) storeHalves(to + 8 + (part << 4), x + part * STEP, lane);
}

/** The lower 4 bits of 32 integers in 16 bytes, the first half in the lower bits. */
export function storeHalves(to: usize, x: usize, lane: usize): void {
  for (let i: usize = 0; i < 16; i++) {
    const a = integerOf(x + INTEGERS, i, lane) & 15;
    store<u8>(to + i, <u8>(a | ((integerOf(x + INTEGERS, i + 16, lane) & 15) << 4)));
  }
}
