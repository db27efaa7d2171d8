/**
 * Rows as the quantized product reads them: every block of 32 inputs of a row as integers and a scale.
 *
 * The product takes the inputs in groups: as many as an i32 holds, two of 16 bits for the dot product that all machines have,
 * four of 8 bits for the relaxed one.
 */
import { inverseScale, largestMagnitude, nearest } from "./simd";

/** Inputs of a group. */
export const GROUP: usize = ASC_FEATURE_RELAXED_SIMD ? 4 : 2;
/** Rows that share one pass over a panel: with more the registers no longer suffice. */
export const QUANTIZED_TILE: usize = 4;
/** So few go one after the other: a tile takes as long for two rows as for four. */
export const SINGLE_ROWS: usize = 2;
export const INPUT_BLOCK: usize = 32;
/** Bytes of the integers of a block of one row. */
export const BLOCK_INTEGERS: usize = (INPUT_BLOCK / GROUP) << 2;
/** Bytes of a block of one row. */
export const BLOCK_ROW: usize = BLOCK_INTEGERS + 12;

/**
 * The relaxed dot product takes one operand below 128 only. Where that cannot be the weights, which are signed, it is the
 * inputs: they get 7 bits, and this is added to them.
 */
export const OFFSET: i8 = 64;

/** What of the integers' sum is to be subtracted in the lower half of the outputs for each that is in the upper. */
const LOWER_SHARE = ASC_FEATURE_RELAXED_SIMD ? 1 : 17;

/**
 * Quantizes rows [begin, end), in tiles: integer = round(x / scale), to even, with scale = max |x| / 127 of the block; or / 63
 * for signed weights in the relaxed build. A block without a finite maximum has a scale that is not finite.
 *
 * The integers' sum serves what is added to all weights of a block: mins, for which it is an f32; and the -8 of 4 bits without
 * a min, for which it is an i32 and already times -8: first that of outputs 4 to 7, then that of 0 to 3, whose integers the
 * plain build takes with 16 times the others'.
 *
 * @param out [ceil(rows / tile)][k / 32] blocks of { groups [32 / GROUP][tile], f32 scale [tile], sums [2][tile] of
 *   the 32 or twice 16 that share a scale of the weights }
 * @param x f32 [rows, k], k a multiple of 32
 * @param tile rows in a tile: QUANTIZED_TILE, or 1 where there are SINGLE_ROWS at most
 * @param bits of the weights, with `block` and `hasMin` as in the product
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
  for (let row = begin; row < end; row++) {
    const place = row % tile;
    let to = out + (row - place) * (k / INPUT_BLOCK) * BLOCK_ROW + (place << 2);
    let from = x + ((row * k) << 2);
    for (const stop = from + (k << 2); from < stop; from += INPUT_BLOCK << 2) {
      const largest = largestMagnitude(from, INPUT_BLOCK);
      const inverse = inverseScale(largest, levels);
      let half = i32x4.splat(0);
      let whole = half;
      for (let i: usize = 0; i < INPUT_BLOCK << 2; i += 16) {
        const integers = nearest(f32x4.mul(v128.load(from + i), inverse));
        whole = i32x4.add(whole, integers);
        if (i < INPUT_BLOCK << 1) half = whole;
        const words = i16x8.narrow_i32x4_s(i32x4.add(integers, i32x4.splat(offset)), integers);
        if (ASC_FEATURE_RELAXED_SIMD) {
          v128.store_lane<i32>(to, i8x16.narrow_i16x8_s(words, words), 0);
        } else {
          v128.store_lane<i32>(to, words, 0);
          to += step;
          v128.store_lane<i32>(to, words, 1);
        }
        to += step;
      }
      f32.store(to, largest / levels);
      const sum = sumIntegers(block == 16 ? half : whole);
      if (hasMin) {
        f32.store(to + step, <f32>sum);
        f32.store(to + step * 2, <f32>sumIntegers(i32x4.sub(whole, half)));
      } else {
        i32.store(to + step, -8 * sum);
        i32.store(to + step * 2, LOWER_SHARE * -8 * sum);
      }
      to += step * 3;
    }
  }
}

function sumIntegers(v: v128): i32 {
  return (
    i32x4.extract_lane(v, 0) + i32x4.extract_lane(v, 1) + i32x4.extract_lane(v, 2) + i32x4.extract_lane(v, 3)
  );
}
