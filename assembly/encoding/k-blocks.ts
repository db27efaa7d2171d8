/** Encodes blocks of 256 elements of the K types, each of four rows (quantize_row_q*_K_ref and _impl). */
import { halfBits, roundToHalf } from "../packing/half";
import { fitPositive, fitWithMin } from "./fit-positive";
import {
  INTEGERS,
  integerOf,
  laneOf,
  MIN_INTEGERS,
  MINS,
  nearest,
  nearestWithin,
  SCALE_INTEGERS,
  SCALES,
  SUMS,
  sumOfSquares,
  TRIED,
  WEIGHTS,
  weigh,
  weighBySize,
} from "./lanes";

const BLOCK: usize = 256;

/**
 * Finds scales, mins and integers of Q2_K, Q4_K or Q5_K: parts of `size` elements with integers up to `most`,
 * their scales and mins themselves integers up to `mostScale`.
 *
 * @param importance of the elements of the block, or 0
 * @returns the two half floats of a lane: of the scale `halfScale`, of the min `halfMin`
 */
export function fitParts(x: usize, importance: usize, size: usize, most: f32, mostScale: f32): void {
  const parts = BLOCK / size;
  const isSmall = size == 16;
  let spread = f32x4.splat(0);
  if (importance != 0) {
    const squares = sumOfSquares(x, BLOCK);
    spread = f32x4.mul(isSmall ? squares : f32x4.add(squares, squares), f32x4.splat(<f32>1 / <f32>BLOCK));
  }
  for (let part: usize = 0; part < parts; part++) {
    const first = x + ((part * size) << 4);
    const weights = x + WEIGHTS;
    if (importance != 0) {
      v128.store(
        x + SUMS + (part << 4),
        weigh(weights, first, importance + ((part * size) << 2), spread, size),
      );
    } else if (isSmall) weighBySize(weights, first, f32x4.splat(0), size);
    else {
      const mean = f32x4.mul(sumOfSquares(first, size), f32x4.splat(<f32>1 / <f32>32));
      weighBySize(weights, first, f32x4.sqrt(mean), size);
    }
    const to = first + INTEGERS;
    const min = x + MINS + (part << 4);
    let scale: v128;
    if (importance != 0) {
      scale = fitWithMin(to, first, weights, x + TRIED, min, size, most, -0.9, 0.05, 36, false);
    } else if (most == 15)
      scale = fitWithMin(to, first, weights, x + TRIED, min, size, most, -1, 0.1, 20, false);
    else scale = fitWithMin(to, first, weights, x + TRIED, min, size, most, -0.5, 0.1, 15, isSmall);
    v128.store(x + SCALES + (part << 4), scale);
  }
  const scale = integersOf(x, SCALE_INTEGERS, SCALES, parts, mostScale, importance != 0);
  const min = integersOf(x, MIN_INTEGERS, MINS, parts, mostScale, importance != 0);
  v128.store(x + SUMS, scale);
  v128.store(x + SUMS, min, 16);
  for (let part: usize = 0; part < parts; part++) {
    const own = f32x4.mul(halves(scale), v128.load(x + SCALE_INTEGERS + (part << 4)));
    const ownMin = f32x4.mul(halves(min), v128.load(x + MIN_INTEGERS + (part << 4)));
    const isNothing = f32x4.eq(own, f32x4.splat(0));
    for (let i = part * size; i < (part + 1) * size; i++) {
      const at = x + (i << 4);
      const l = nearestWithin(f32x4.div(f32x4.add(v128.load(at), ownMin), own), 0, most);
      v128.store(at + INTEGERS, v128.bitselect(v128.load(at + INTEGERS), l, isNothing));
    }
  }
}

/** Integers up to `most` of the scales or mins of all parts. Returns what they are multiplied with. */
function integersOf(x: usize, to: usize, from: usize, parts: usize, most: f32, isWeighted: bool): v128 {
  if (isWeighted) return fitPositive(x + to, x + from, x + SUMS, parts, most);
  const zero = f32x4.splat(0);
  let largest = zero;
  for (let part: usize = 0; part < parts; part++) {
    largest = f32x4.pmax(largest, v128.load(x + from + (part << 4)));
  }
  const inverse = v128.and(f32x4.div(f32x4.splat(most), largest), f32x4.gt(largest, zero));
  for (let part: usize = 0; part < parts; part++) {
    const l = nearest(f32x4.mul(inverse, v128.load(x + from + (part << 4))));
    v128.store(x + to + (part << 4), f32x4.pmin(f32x4.splat(most), l));
  }
  return f32x4.div(largest, f32x4.splat(most));
}

/** Four numbers rounded to half floats. */
export function halves(v: v128): v128 {
  return f32x4(
    roundToHalf(f32x4.extract_lane(v, 0)),
    roundToHalf(f32x4.extract_lane(v, 1)),
    roundToHalf(f32x4.extract_lane(v, 2)),
    roundToHalf(f32x4.extract_lane(v, 3)),
  );
}

export function putHalf(to: usize, x: f32): void {
  store<u16>(to, <u16>halfBits(roundToHalf(x)));
}

/** Q2_K: 16 scales and mins of 4 bits, integers of 2 bits, both half floats. */
export function storeQ2K(to: usize, x: usize, lane: usize): void {
  for (let part: usize = 0; part < 16; part++) {
    const scale = integerOf(x + SCALE_INTEGERS, part, lane);
    store<u8>(to + part, <u8>(scale | (integerOf(x + MIN_INTEGERS, part, lane) << 4)));
  }
  storeTwoBits(to + 16, x, lane);
  putHalf(to + 80, laneOf(x + SUMS, lane));
  putHalf(to + 82, laneOf(x + SUMS + 16, lane));
}

/** The lower two bits of the integers: 128 elements are four times 32. */
export function storeTwoBits(to: usize, x: usize, lane: usize): void {
  for (let i: usize = 0; i < 64; i++) {
    const first = ((i >> 5) << 7) + (i & 31);
    let bits: u32 = 0;
    for (let quarter: usize = 0; quarter < 4; quarter++) {
      const own = integerOf(x + INTEGERS, first + (quarter << 5), lane) & 3;
      const place = (<u32>quarter) << 1;
      bits |= own << place;
    }
    store<u8>(to + i, <u8>bits);
  }
}

/**
 * Q4_K and Q5_K: two half floats, eight scales and mins of 6 bits in 12 bytes, fifth bits, integers of 4
 * bits.
 */
export function storeQ45K(to: usize, x: usize, lane: usize, bits: u32): void {
  putHalf(to, laneOf(x + SUMS, lane));
  putHalf(to + 2, laneOf(x + SUMS + 16, lane));
  const packed = to + 4;
  for (let part: usize = 0; part < 4; part++) {
    const scale = integerOf(x + SCALE_INTEGERS, part, lane);
    const min = integerOf(x + MIN_INTEGERS, part, lane);
    const scale2 = integerOf(x + SCALE_INTEGERS, part + 4, lane);
    const min2 = integerOf(x + MIN_INTEGERS, part + 4, lane);
    store<u8>(packed + part, <u8>(scale | ((scale2 >> 4) << 6)));
    store<u8>(packed + part, <u8>(min | ((min2 >> 4) << 6)), 4);
    store<u8>(packed + part, <u8>((scale2 & 15) | ((min2 & 15) << 4)), 8);
  }
  let low = to + 16;
  if (bits == 5) {
    for (let i: usize = 0; i < 32; i++) {
      let fifth: u32 = 0;
      for (let part: usize = 0; part < 8; part++) {
        fifth |= (integerOf(x + INTEGERS, (part << 5) + i, lane) >> 4) << (<u32>part);
      }
      store<u8>(low + i, <u8>fifth);
    }
    low += 32;
  }
  for (let i: usize = 0; i < 128; i++) {
    const first = ((i >> 5) << 6) + (i & 31);
    const a = integerOf(x + INTEGERS, first, lane) & 15;
    store<u8>(low + i, <u8>(a | ((integerOf(x + INTEGERS, first + 32, lane) & 15) << 4)));
  }
}
