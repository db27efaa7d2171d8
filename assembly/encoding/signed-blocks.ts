/**
 * Encodes blocks of 256 elements of Q3_K and Q6_K, each of four rows (quantize_row_q3_K_*,
 * quantize_row_q6_K_*).
 */
import { fitSigned, refineSigned } from "./fit-signed";
import { halves, putHalf, storeTwoBits } from "./k-blocks";
import {
  extreme,
  INTEGERS,
  integerOf,
  laneOf,
  nearest,
  nearestWithin,
  SCALE_INTEGERS,
  SCALES,
  SUMS,
  sumOfSquares,
  WEIGHTS,
  weigh,
  weighBySquare,
  ZERO,
} from "./lanes";

const PARTS: usize = 16;
const PART: usize = 16;
/** Bytes of the values of a part. */
const STEP: usize = 256;

/** Scales and integers of Q3_K. @param importance of the elements of the block, or 0 */
export function fitQ3K(x: usize, importance: usize): void {
  if (importance != 0) {
    const squares = sumOfSquares(x, 256);
    const spread = f32x4.mul(f32x4.add(squares, squares), f32x4.splat(<f32>1 / <f32>256));
    for (let part: usize = 0; part < PARTS; part++) {
      const first = x + part * STEP;
      const sum = weigh(x + WEIGHTS, first, importance + (part << 6), spread, PART);
      v128.store(x + SUMS + (part << 4), sum);
      v128.store(x + SCALES + (part << 4), fitSigned(first + INTEGERS, first, x + WEIGHTS, PART, 4));
    }
    const scale = fitSigned(x + SCALE_INTEGERS, x + SCALES, x + SUMS, PARTS, 32);
    v128.store(x + SUMS, scale);
  } else {
    for (let part: usize = 0; part < PARTS; part++) {
      const first = x + part * STEP;
      v128.store(x + SCALES + (part << 4), refineSigned(first + INTEGERS, first, PART, 4));
    }
    const largest = extreme(x + SCALES, PARTS);
    const isZero = f32x4.eq(largest, f32x4.splat(0));
    const inverse = f32x4.div(f32x4.splat(-32), largest);
    for (let part: usize = 0; part < PARTS; part++) {
      const l = nearestWithin(f32x4.mul(inverse, v128.load(x + SCALES + (part << 4))), -32, 31);
      v128.store(x + SCALE_INTEGERS + (part << 4), v128.andnot(f32x4.add(l, f32x4.splat(32)), isZero));
    }
    v128.store(x + SUMS, v128.andnot(f32x4.div(f32x4.splat(1), inverse), isZero));
  }
  const unit = halves(v128.load(x + SUMS));
  for (let part: usize = 0; part < PARTS; part++) {
    const own = f32x4.sub(v128.load(x + SCALE_INTEGERS + (part << 4)), f32x4.splat(32));
    divideBy(x + part * STEP, f32x4.mul(unit, own), 4);
  }
}

/** Scales and integers of Q6_K. */
export function fitQ6K(x: usize, importance: usize): void {
  for (let part: usize = 0; part < PARTS; part++) {
    const first = x + part * STEP;
    if (importance == 0) weighBySquare(x + WEIGHTS, first, PART);
    else {
      for (let i: usize = 0; i < PART; i++) {
        v128.store(x + WEIGHTS + (i << 4), v128.load32_splat(importance + ((part * PART + i) << 2)));
      }
    }
    v128.store(x + SCALES + (part << 4), fitSigned(first + INTEGERS, first, x + WEIGHTS, PART, 32));
  }
  const largest = extreme(x + SCALES, PARTS);
  const isZero = f32x4.lt(f32x4.abs(largest), f32x4.splat(ZERO));
  const inverse = f32x4.div(f32x4.splat(-128), largest);
  const scale = v128.andnot(f32x4.div(f32x4.splat(1), inverse), isZero);
  v128.store(x + SUMS, scale);
  const unit = halves(scale);
  for (let part: usize = 0; part < PARTS; part++) {
    const l = nearest(f32x4.mul(inverse, v128.load(x + SCALES + (part << 4))));
    const own = v128.andnot(f32x4.pmin(f32x4.splat(127), l), isZero);
    v128.store(x + SCALE_INTEGERS + (part << 4), own);
    divideBy(x + part * STEP, f32x4.mul(unit, own), 32);
    for (let i: usize = 0; i < STEP; i += 16) {
      const at = x + part * STEP + INTEGERS + i;
      v128.store(at, v128.andnot(v128.load(at), isZero));
    }
  }
}

/** The integers of a part for its rounded scale; those of the search if that is 0. */
function divideBy(x: usize, scale: v128, levels: f32): void {
  const isNothing = f32x4.eq(scale, f32x4.splat(0));
  for (let i: usize = 0; i < STEP; i += 16) {
    const at = x + INTEGERS + i;
    const l = nearestWithin(f32x4.div(v128.load(x + i), scale), -levels, levels - 1);
    v128.store(at, v128.bitselect(v128.load(at), f32x4.add(l, f32x4.splat(levels)), isNothing));
  }
}

/** Q3_K: third bits, two bits, 16 scales of 6 bits, a half float. */
export function storeQ3K(to: usize, x: usize, lane: usize): void {
  for (let i: usize = 0; i < 32; i++) {
    let bits: u32 = 0;
    for (let eighth: usize = 0; eighth < 8; eighth++) {
      bits |= (integerOf(x + INTEGERS, (eighth << 5) + i, lane) >> 2) << (<u32>eighth);
    }
    store<u8>(to + i, <u8>bits);
  }
  storeTwoBits(to + 32, x, lane);
  memory.fill(to + 96, 0, 12);
  for (let part: usize = 0; part < PARTS; part++) {
    const scale = integerOf(x + SCALE_INTEGERS, part, lane);
    const low = to + 96 + (part & 7);
    const high = to + 104 + (part & 3);
    const lowPlace = (<u32>(part >> 3)) << 2;
    const highPlace = (<u32>(part >> 2)) << 1;
    store<u8>(low, load<u8>(low) | <u8>((scale & 15) << lowPlace));
    store<u8>(high, load<u8>(high) | <u8>((scale >> 4) << highPlace));
  }
  putHalf(to + 108, laneOf(x + SUMS, lane));
}

/** Q6_K: lower 4 bits, upper 2 bits, 16 scales of 8 bits, a half float. */
export function storeQ6K(to: usize, x: usize, lane: usize): void {
  for (let i: usize = 0; i < 64; i++) {
    const half = (i >> 5) << 7;
    const place = i & 31;
    const a = integerOf(x + INTEGERS, half + place, lane);
    const b = integerOf(x + INTEGERS, half + place + 32, lane);
    const c = integerOf(x + INTEGERS, half + place + 64, lane);
    const d = integerOf(x + INTEGERS, half + place + 96, lane);
    const low = to + (half >> 1) + place;
    store<u8>(low, <u8>((a & 15) | ((c & 15) << 4)));
    store<u8>(low, <u8>((b & 15) | ((d & 15) << 4)), 32);
    store<u8>(to + i, <u8>((a >> 4) | ((b >> 4) << 2) | ((c >> 4) << 4) | ((d >> 4) << 6)), 128);
  }
  for (let part: usize = 0; part < PARTS; part++) {
    store<u8>(to + part, <u8>(<i32>laneOf(x + SCALE_INTEGERS + (part << 4), lane)), 192);
  }
  putHalf(to + 208, laneOf(x + SUMS, lane));
}
