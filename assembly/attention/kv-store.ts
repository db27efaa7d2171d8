/** Stores keys and values in a cache. */

import { halfBits, nearestHalves, roundToHalf } from "../packing/half";
import { largestMagnitude } from "../simd";
import {
  BLOCK_POSITIONS,
  HALF_KEY_ROW,
  integerRow,
  KEY_ROW,
  KvType,
  keyBytes,
  SCALE_BYTES,
  SCALED_DIMENSIONS,
  scaledBytes,
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
  keyType: KvType,
  valueType: KvType,
  begin: usize,
  end: usize,
): void {
  const keysOfHead = keyBytes(headDim, keyType);
  const valuesOfHead = valueBytes(valueDim, valueType);
  const valuesOfLayer = layer + kvHeads * keysOfHead;
  for (let head = begin; head < end; head++) {
    for (let row: usize = 0; row < rows; row++) {
      const position = at(positions, row);
      const slot = position % BLOCK_POSITIONS;
      const block = <usize>load<u32>(at(tables, row) + ((position / BLOCK_POSITIONS) << 2));
      const key = keys + ((row * stride + head * headDim) << 2);
      const value = values + ((row * stride + head * valueDim) << 2);
      const keyTo = block + layer + head * keysOfHead;
      const valueTo = block + valuesOfLayer + head * valuesOfHead;
      if (keyType <= KvType.F16) storeKey(keyTo, slot, key, headDim, keyType);
      else storeScaled(keyTo, slot, true, key, headDim, keyType);
      if (valueType > KvType.F16) storeScaled(valueTo, slot, false, value, valueDim, valueType);
      else storeValue(valueTo, slot, value, valueDim, valueType);
    }
  }
}

/** Stores the dimensions of a position below each other. */
function storeKey(keys: usize, slot: usize, from: usize, headDim: usize, type: KvType): void {
  const stop = from + (headDim << 2);
  if (type == KvType.F32) {
    for (let to = keys + (slot << 2); from < stop; from += 4) {
      f32.store(to, f32.load(from));
      to += KEY_ROW;
    }
    return;
  }
  let to = keys + (slot << 1);
  for (const last = stop - 32; from <= last; from += 32) {
    const halves = nearestHalves(v128.load(from), v128.load(from, 16));
    v128.store_lane<u16>(to, halves, 0);
    v128.store_lane<u16>(to, halves, 1, HALF_KEY_ROW);
    v128.store_lane<u16>(to, halves, 2, 2 * HALF_KEY_ROW);
    v128.store_lane<u16>(to, halves, 3, 3 * HALF_KEY_ROW);
    v128.store_lane<u16>(to, halves, 4, 4 * HALF_KEY_ROW);
    v128.store_lane<u16>(to, halves, 5, 5 * HALF_KEY_ROW);
    v128.store_lane<u16>(to, halves, 6, 6 * HALF_KEY_ROW);
    v128.store_lane<u16>(to, halves, 7, 7 * HALF_KEY_ROW);
    to += 8 * HALF_KEY_ROW;
  }
  for (; from < stop; from += 4) {
    i32.store16(to, halfBits(roundToHalf(f32.load(from))));
    to += HALF_KEY_ROW;
  }
}

/** Stores the dimensions of a position side by side. */
function storeValue(values: usize, slot: usize, from: usize, valueDim: usize, type: KvType): void {
  if (type == KvType.F32) {
    memory.copy(values + slot * valueRow(valueDim), from, valueDim << 2);
    return;
  }
  let to = values + slot * (valueRow(valueDim) >> 1);
  const stop = from + (valueDim << 2);
  for (const last = stop - 32; from <= last; from += 32) {
    v128.store(to, nearestHalves(v128.load(from), v128.load(from, 16)));
    to += 16;
  }
  for (; from < stop; from += 4) {
    i32.store16(to, halfBits(roundToHalf(f32.load(from))));
    to += 2;
  }
}

/**
 * Stores blocks of 32 dimensions, with the same bits as ggml (quantize_row_q8_0_ref, quantize_row_q4_0_ref).
 * The scale is NaN if a number is NaN.
 *
 * @param down whether the integers of a position lie below each other, as those of keys do
 */
function storeScaled(to: usize, slot: usize, down: bool, from: usize, count: usize, type: KvType): void {
  const is8 = type == KvType.Q8_0;
  for (const stop = from + (count << 2); from < stop; from += SCALED_DIMENSIONS << 2) {
    const largest = is8 ? largestMagnitude(from, SCALED_DIMENSIONS) : largestOf(from);
    const scale: f32 = is8 ? largest / 127 : largest / -8;
    const inverse: f32 = scale == 0 ? 0 : <f32>1 / scale;
    i32.store16(to + (slot << 1), halfBits(roundToHalf(scale)));
    if (is8) storeBytes(to + SCALE_BYTES, slot, down, from, inverse);
    else storeNibbles(to + SCALE_BYTES, slot, down, from, inverse);
    to += scaledBytes(type);
  }
}

function storeBytes(integers: usize, slot: usize, down: bool, from: usize, inverse: f32): void {
  const inverses = f32x4.splat(inverse);
  const row = integerRow(KvType.Q8_0);
  let to = integers + (down ? slot : slot * row);
  for (const stop = from + (SCALED_DIMENSIONS << 2); from < stop; from += 32) {
    const a = roundAway(f32x4.mul(v128.load(from), inverses));
    const b = roundAway(f32x4.mul(v128.load(from, 16), inverses));
    const words = i16x8.narrow_i32x4_s(a, b);
    const bytes = i8x16.narrow_i16x8_s(words, words);
    if (!down) {
      v128.store64_lane(to, bytes, 0);
      to += 8;
      continue;
    }
    v128.store_lane<u8>(to, bytes, 0);
    v128.store_lane<u8>(to, bytes, 1, 32);
    v128.store_lane<u8>(to, bytes, 2, 64);
    v128.store_lane<u8>(to, bytes, 3, 96);
    v128.store_lane<u8>(to, bytes, 4, 128);
    v128.store_lane<u8>(to, bytes, 5, 160);
    v128.store_lane<u8>(to, bytes, 6, 192);
    v128.store_lane<u8>(to, bytes, 7, 224);
    to += row << 3;
  }
}

function storeNibbles(integers: usize, slot: usize, down: bool, from: usize, inverse: f32): void {
  const row = integerRow(KvType.Q4_0);
  for (let d: usize = 0; d < SCALED_DIMENSIONS; d++) {
    const x = f32.load(from + (d << 2)) * inverse;
    storeNibble(integers + (down ? d : slot) * row, down ? slot : d, min(<i32>(x + 8.5), 15));
  }
}

/** Of 32 numbers the first one of the largest magnitude. NaN counts as the largest, as the bits have it. */
function largestOf(from: usize): f32 {
  let largest: f32 = 0;
  let most: u32 = 0;
  for (let i: usize = 0; i < SCALED_DIMENSIONS << 2; i += 4) {
    const x = f32.load(from + i);
    const magnitude = reinterpret<u32>(x) & 0x7fffffff;
    if (magnitude <= most) continue;
    most = magnitude;
    largest = x;
  }
  return largest;
}

/** Rounds half away from zero, like roundf. Adding the number below 1/2 does not round 0.49999997 up. */
function roundAway(x: v128): v128 {
  const half = v128.or(v128.and(x, i32x4.splat(0x80000000)), f32x4.splat(0.49999997));
  return i32x4.trunc_sat_f32x4_s(f32x4.add(x, half));
}

/** Leaves the other half of the byte as it is. */
function storeNibble(row: usize, place: usize, value: i32): void {
  const to = row + (place & 15);
  const other = <i32>load<u8>(to) & (place < 16 ? 0xf0 : 0x0f);
  i32.store8(to, other | (place < 16 ? value : value << 4));
}
