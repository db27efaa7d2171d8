/** Quantizes the rows of a product: every block of 32 inputs of a row becomes integers and a scale. */

import { inverseScale, largestMagnitude, nearest } from "../simd";
import { INPUT_BLOCK, OFFSET } from "./block";

/** Rows that share one pass over a panel. More rows do not fit the registers. */
export const QUANTIZED_TILE: usize = 4;
/** Up to this number of rows go one by one, because a tile takes as long for two rows as for four. */
export const SINGLE_ROWS: usize = 2;
/** Bytes of the integers of a block of one row. */
export const BLOCK_INTEGERS: usize = INPUT_BLOCK * (ASC_FEATURE_RELAXED_SIMD ? 1 : 2);
/** Bytes after the integers: a scale, and a sum and a start for each of two blocks of the weights. */
export const BLOCK_SCALES: usize = 20;
/** Bytes of a block of one row. */
export const BLOCK_ROW: usize = BLOCK_INTEGERS + BLOCK_SCALES;

/**
 * Quantizes rows [begin, end) in tiles: integer = round(x / scale), ties to even, with scale = max |x| / 127
 * of the block, or / 63 beside signed weights in the relaxed build. A block without a finite maximum has a
 * scale that is not finite.
 *
 * @param out [ceil(rows / tile)][k / 32] blocks of { parts of groups (block.ts) i32 [32 /
 *   block][parts][groups][tile], f32 scale [tile], and for each block of the weights { f32 sum of the
 *   integers [tile], i32 start [tile] } }
 * @param x f32 [rows, k], k a multiple of 32
 * @param tile rows in a tile: QUANTIZED_TILE, or 1 for up to SINGLE_ROWS rows
 * @param bits of the weights, like `block` and `hasMin`
 */
export function quantizeRows(
  out: usize,
  x: usize,
  k: usize,
  tile: usize,
  bits: usize,
  block: usize,
  hasMin: bool,
  begin: usize,
  end: usize,
): void {
  const offset = ASC_FEATURE_RELAXED_SIMD && bits == 8 && (block == 16 || !hasMin) ? <i32>OFFSET : 0;
  const levels: f32 = offset != 0 ? 63 : 127;
  const step = tile << 2;
  const part = ((block * bits) >> 5) * step;
  const blockStep = (block << (ASC_FEATURE_RELAXED_SIMD ? 0 : 1)) * tile;
  for (let row = begin; row < end; row++) {
    const place = row % tile;
    let to = out + (row - place) * (k / INPUT_BLOCK) * BLOCK_ROW + (place << 2);
    let from = x + ((row * k) << 2);
    for (const stop = from + (k << 2); from < stop; ) {
      const largest = largestMagnitude(from, INPUT_BLOCK);
      const inverse = inverseScale(largest, levels);
      const scale = to + BLOCK_INTEGERS * tile;
      f32.store(scale, largest / levels);
      let sums = scale + step;
      for (; to < scale; to += blockStep) {
        let sum = i32x4.splat(0);
        let group = to;
        for (const last = from + (block << 2); from < last; from += 32) {
          const a = nearest(f32x4.mul(v128.load(from), inverse));
          const b = nearest(f32x4.mul(v128.load(from, 16), inverse));
          sum = i32x4.add(sum, i32x4.add(a, b));
          storeParts(group, a, b, offset, bits, step, part);
          group += bits == 8 ? step << 1 : step;
        }
        f32.store(sums, <f32>sumIntegers(sum));
        i32.store(sums + step, start(sum, bits, hasMin));
        sums += step << 1;
      }
      to = scale + BLOCK_SCALES * tile;
    }
  }
}

/**
 * Stores the parts of 8 inputs: two groups of 8-bit weights, or one group of 4-bit weights.
 *
 * @param step bytes from one group to the next
 * @param part bytes from a part to the next of the same group
 */
function storeParts(to: usize, a: v128, b: v128, offset: i32, bits: usize, step: usize, part: usize): void {
  const near = bits == 8 ? step : part;
  if (ASC_FEATURE_RELAXED_SIMD) {
    const added = i32x4.splat(offset);
    const words = i16x8.narrow_i32x4_s(i32x4.add(a, added), i32x4.add(b, added));
    let bytes = i8x16.narrow_i16x8_s(words, words);
    if (bits == 4) bytes = i8x16.shuffle(bytes, bytes, 0, 2, 4, 6, 1, 3, 5, 7, 0, 2, 4, 6, 1, 3, 5, 7);
    v128.store_lane<i32>(to, bytes, 0);
    v128.store_lane<i32>(to + near, bytes, 1);
  } else {
    const far = bits == 8 ? part : part << 1;
    let words = i16x8.narrow_i32x4_s(differences(a, bits), differences(b, bits));
    if (bits == 8) words = v128.shuffle<i16>(words, words, 0, 2, 4, 6, 1, 3, 5, 7);
    else words = v128.shuffle<i16>(words, words, 0, 4, 1, 5, 2, 6, 3, 7);
    v128.store_lane<i32>(to, words, 0);
    v128.store_lane<i32>(to + near, words, 1);
    v128.store_lane<i32>(to + far, words, 2);
    v128.store_lane<i32>(to + far + near, words, 3);
  }
}

/** Four inputs, minus 2^bits times the input before if both meet the same word of weights. */
function differences(v: v128, bits: usize): v128 {
  if (bits == 8) return i32x4.sub(v, i32x4.shl(i64x2.shl(v, 32), 8));
  const before = v128.shuffle<i32>(v, i32x4.splat(0), 4, 0, 1, 2);
  return i32x4.sub(v, i32x4.shl(before, 4));
}

/**
 * Start of the sum of the products of a block: it subtracts the terms that were added to the integers of the
 * weights.
 */
function start(sum: v128, bits: usize, hasMin: bool): i32 {
  if (ASC_FEATURE_RELAXED_SIMD) return bits == 8 || hasMin ? 0 : -8 * sumIntegers(sum);
  if (bits == 8) return -128 * (i32x4.extract_lane(sum, 0) + i32x4.extract_lane(sum, 2));
  const top = i32x4.extract_lane(sum, 3);
  return 8 * (hasMin ? top : top - sumIntegers(sum));
}

function sumIntegers(v: v128): i32 {
  return (
    i32x4.extract_lane(v, 0) + i32x4.extract_lane(v, 1) + i32x4.extract_lane(v, 2) + i32x4.extract_lane(v, 3)
  );
}
