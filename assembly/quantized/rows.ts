/** Quantizes the rows of a product: every block of 32 inputs of a row becomes integers and a scale. */

import { inverseScale, largestMagnitude, nearest } from "../simd";
import { Block, INPUT_BLOCK } from "./block";
import { Layout, Layouts } from "./layout";

/** Rows that share one pass over a panel. More rows do not fit the registers. */
export const QUANTIZED_TILE: usize = 4;
/** Up to this number of rows go one by one, because a tile takes as long for two rows as for four. */
export const SINGLE_ROWS: usize = 2;
/** Integers on either side of 0. */
const LEVELS: f32 = 127;
/** Bytes after the integers: a scale, and a sum and a start for each of two blocks of the weights. */
export const BLOCK_SCALES: usize = 20;
/** Most bytes of a block of one row. */
export const BLOCK_ROW: usize = 2 * INPUT_BLOCK + BLOCK_SCALES;

/** Bytes of a row of k inputs. */
export function rowBytesOf(layout: Layout, k: usize): usize {
  return (k / INPUT_BLOCK) * (Block.inputBytes(Layouts.isSigned(layout)) + BLOCK_SCALES);
}

/**
 * Quantizes rows [begin, end) in tiles: integer = round(x / scale), ties to even, with scale = max |x| / 127
 * of the block. A block without a finite maximum has a scale that is not finite.
 *
 * @param out [ceil(rows / tile)][k / 32] blocks of { parts of groups (block.ts) i32 [32 /
 *   block][parts][groups][tile], f32 scale [tile], and for each block of the weights { f32 sum of the
 *   integers [tile], i32 start [tile] } }
 * @param x f32 [rows, k], k a multiple of 32
 * @param tile rows in a tile: QUANTIZED_TILE, or 1 for up to SINGLE_ROWS rows
 * @param layout of the weights
 */
export function quantizeRows(
  out: usize,
  x: usize,
  k: usize,
  tile: usize,
  layout: Layout,
  begin: usize,
  end: usize,
): void {
  const block = Layouts.block(layout);
  const zero = Layouts.zero(layout);
  const isSigned = Layouts.isSigned(layout);
  const hasNibbles = tile == 1 && Layouts.hasNibbleWords(layout);
  const hasWords = Block.hasWords(isSigned);
  const step = tile << 2;
  const blockStep = (block << (hasWords ? 1 : 0)) * tile;
  const integers = Block.inputBytes(isSigned) * tile;
  for (let row = begin; row < end; row++) {
    const place = row % tile;
    let to = out + (row - place) * rowBytesOf(layout, k) + (place << 2);
    let from = x + ((row * k) << 2);
    for (const stop = from + (k << 2); from < stop; ) {
      const largest = largestMagnitude(from, INPUT_BLOCK);
      const inverse = inverseScale(largest, LEVELS);
      const scale = to + integers;
      f32.store(scale, largest / LEVELS);
      let sums = scale + step;
      for (; to < scale; to += blockStep) {
        let sum = i32x4.splat(0);
        let upper = i32x4.splat(0);
        if (hasNibbles) {
          for (let i: usize = 0; i < 16; i += 4) {
            const a = nearest(f32x4.mul(v128.load(from + (i << 2)), inverse));
            const b = nearest(f32x4.mul(v128.load(from + (i << 2), 64), inverse));
            sum = i32x4.add(sum, i32x4.add(a, b));
            upper = i32x4.add(upper, b);
            storeNibbleParts(to + i, a, b);
          }
        } else {
          const part = (block >> 2) * step;
          for (let i: usize = 0; i < block; i += 8) {
            const a = nearest(f32x4.mul(v128.load(from + (i << 2)), inverse));
            const b = nearest(f32x4.mul(v128.load(from + (i << 2), 16), inverse));
            sum = i32x4.add(sum, i32x4.add(a, b));
            storeParts(hasWords, to + (i >> 2) * step, a, b, step, part);
          }
        }
        from += block << 2;
        const all = sumIntegers(sum);
        f32.store(sums, <f32>all);
        i32.store(sums + step, inverted(sum, upper, isSigned, hasNibbles) - zero * all);
        sums += step << 1;
      }
      to = scale + BLOCK_SCALES * tile;
    }
  }
}

/**
 * Stores the parts of two groups of four inputs.
 *
 * @param step bytes from one group to the next
 * @param part bytes from a part to the next of the same group
 */
function storeParts(hasWords: bool, to: usize, a: v128, b: v128, step: usize, part: usize): void {
  if (!hasWords) {
    const words = i16x8.narrow_i32x4_s(a, b);
    const bytes = i8x16.narrow_i16x8_s(words, words);
    v128.store_lane<i32>(to, bytes, 0);
    v128.store_lane<i32>(to + step, bytes, 1);
  } else {
    const words = i16x8.narrow_i32x4_s(differences(a, a, 8), differences(b, b, 8));
    const parts = v128.shuffle<i16>(words, words, 0, 2, 4, 6, 1, 3, 5, 7);
    v128.store_lane<i32>(to, parts, 0);
    v128.store_lane<i32>(to + step, parts, 1);
    v128.store_lane<i32>(to + part, parts, 2);
    v128.store_lane<i32>(to + part + step, parts, 3);
  }
}

/** Stores the four parts of a group of eight nibbles: those of a and b take turns in its words. */
function storeNibbleParts(to: usize, a: v128, b: v128): void {
  const words = i16x8.narrow_i32x4_s(differences(a, b, 4), i32x4.sub(b, i32x4.shl(a, 4)));
  const parts = v128.shuffle<i16>(words, words, 0, 2, 4, 6, 1, 3, 5, 7);
  v128.store_lane<i32>(to, parts, 0);
  v128.store_lane<i32>(to, parts, 1, 16);
  v128.store_lane<i32>(to, parts, 2, 32);
  v128.store_lane<i32>(to, parts, 3, 48);
}

/** Odd lanes of v minus 2^bits times the even lanes of `before`, which meet the same word of weights. */
function differences(v: v128, before: v128, bits: i32): v128 {
  return i32x4.sub(v, i32x4.shl(i64x2.shl(before, 32), bits));
}

/**
 * What the inverted bits of stored integers (block.ts) add to the sum of the products of a block, subtracted.
 *
 * @param sum of inputs in four lanes
 * @param upper sum of the second half of the inputs
 */
function inverted(sum: v128, upper: v128, isSigned: bool, hasNibbles: bool): i32 {
  if (hasNibbles) return 8 * (i32x4.extract_lane(upper, 1) + i32x4.extract_lane(upper, 3));
  return isSigned ? -128 * (i32x4.extract_lane(sum, 0) + i32x4.extract_lane(sum, 2)) : 0;
}

function sumIntegers(v: v128): i32 {
  return (
    i32x4.extract_lane(v, 0) + i32x4.extract_lane(v, 1) + i32x4.extract_lane(v, 2) + i32x4.extract_lane(v, 3)
  );
}
