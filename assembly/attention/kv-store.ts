/** Stores keys and values in a cache. */

import { inverseScale, largestMagnitude, nearestWords } from "../simd";
import {
  BLOCK_POSITIONS,
  int8Scales,
  KEY_PAIR_ROW,
  KEY_ROW,
  keyBytes,
  valueBytes,
  valueRow,
} from "./kv-layout";
import { at } from "./mask";

/**
 * Stores the keys and values of the rows at their positions, for key/value heads [begin, end). Threads share
 * no cache lines, because heads do not; neighbouring positions do.
 *
 * @param keys f32 [rows, stride]; a row begins with the keys [kvHeads, D]
 * @param values f32 [rows, stride]; a row begins with the values [kvHeads, Dv]
 * @param tables u32 [rows], each the address of a table of block addresses (u32)
 * @param positions u32 [rows]
 * @param layer bytes from the start of a block to this layer
 * @param int8 whether the cache holds int8, else f32
 */
export function storeKeysValues(
  keys: usize,
  values: usize,
  stride: usize,
  tables: usize,
  positions: usize,
  layer: usize,
  rows: usize,
  kvHeads: usize,
  headDim: usize,
  valueDim: usize,
  int8: bool,
  begin: usize,
  end: usize,
): void {
  const valuesOfLayer = layer + kvHeads * keyBytes(headDim, int8);
  for (let head = begin; head < end; head++) {
    for (let row: usize = 0; row < rows; row++) {
      const position = at(positions, row);
      const slot = position % BLOCK_POSITIONS;
      const block = <usize>load<u32>(at(tables, row) + ((position / BLOCK_POSITIONS) << 2));
      const key = keys + ((row * stride + head * headDim) << 2);
      const value = values + ((row * stride + head * valueDim) << 2);
      const keyTo = block + layer + head * keyBytes(headDim, int8);
      const valueTo = block + valuesOfLayer + head * valueBytes(valueDim, int8);
      if (int8) {
        storeKeyInt8(keyTo, slot, key, headDim);
        storeValueInt8(valueTo, slot, value, valueDim);
      } else {
        storeKey(keyTo + (slot << 2), key, headDim);
        memory.copy(valueTo + slot * valueRow(valueDim), value, valueDim << 2);
      }
    }
  }
}

function storeKey(to: usize, key: usize, headDim: usize): void {
  for (const stop = key + (headDim << 2); key < stop; key += 4) {
    f32.store(to, f32.load(key));
    to += KEY_ROW;
  }
}

function storeKeyInt8(keys: usize, slot: usize, key: usize, headDim: usize): void {
  const inverse = storeScale(keys, slot, key, headDim);
  let to = keys + (slot << 1);
  for (const stop = key + (headDim << 2); key < stop; key += 32) {
    const words = nearestWords(key, inverse);
    const bytes = i8x16.narrow_i16x8_s(words, words);
    v128.store_lane<u16>(to, bytes, 0);
    v128.store_lane<u16>(to, bytes, 1, KEY_PAIR_ROW);
    v128.store_lane<u16>(to, bytes, 2, 2 * KEY_PAIR_ROW);
    v128.store_lane<u16>(to, bytes, 3, 3 * KEY_PAIR_ROW);
    to += 4 * KEY_PAIR_ROW;
  }
}

/** Leaves the bytes of the other position of the pair as they are. */
function storeValueInt8(values: usize, slot: usize, value: usize, headDim: usize): void {
  const inverse = storeScale(values, slot, value, headDim);
  let to = values + (slot >> 1) * (headDim << 1);
  const shift = <i32>((slot & 1) << 3);
  const others = i16x8.splat(<i16>(shift == 0 ? 0xff00 : 0x00ff));
  for (const stop = value + (headDim << 2); value < stop; value += 32) {
    const own = i16x8.shl(nearestWords(value, inverse), shift);
    v128.store(to, v128.bitselect(v128.load(to), own, others));
    to += 16;
  }
}

/**
 * Stores the scale of the integers of a position: max |x| / 127, or NaN if x holds one. @returns the inverse
 * scale
 */
function storeScale(head: usize, slot: usize, from: usize, headDim: usize): v128 {
  const largest = largestMagnitude(from, headDim);
  f32.store(head + int8Scales(headDim) + (slot << 2), largest / 127);
  return inverseScale(largest, 127);
}
