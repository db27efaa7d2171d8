/**
 * Widens keys and values of a block to the layout of F32 (kv-layout.ts). The rows of a sequence, or the heads
 * of a row, that share them widen them once, into the cache of the core.
 */

import { fromHalf, halves, SHIFT } from "../packing/half";
import { widenHalves } from "../packing/widen-halves";
import { widenFinite } from "./half-products";
import {
  BLOCK_POSITIONS,
  eightIntegers,
  integerRow,
  KEY_ROW,
  KvType,
  SCALE_BYTES,
  scaledBytes,
  valueRow,
} from "./kv-layout";

/** The f32 keys of a head: those in the cache, or in `to` if the cache has another type. */
export function widenedKeys(to: usize, keys: usize, headDim: usize, type: KvType): usize {
  if (type == KvType.F32) return keys;
  if (type == KvType.F16) widenHalves(to, keys, headDim * BLOCK_POSITIONS);
  else {
    for (let d: usize = 0; d < headDim; d += 32) {
      widenScaledKeys(to + d * KEY_ROW, keys, type);
      keys += scaledBytes(type);
    }
  }
  return to;
}

/** The f32 values of a head at the first `count` positions, as `widenedKeys`. */
export function widenedValues(to: usize, values: usize, valueDim: usize, count: usize, type: KvType): usize {
  if (type == KvType.F32) return values;
  const rowBytes = valueRow(valueDim);
  if (type == KvType.F16) widenHalves(to, values, count * (rowBytes >> 2));
  else {
    for (let d: usize = 0; d < rowBytes; d += 128) {
      widenScaledValues(to + d, values, rowBytes, count, type);
      values += scaledBytes(type);
    }
  }
  return to;
}

/** Halves as floats times 2^-112, in `to`. @param count a multiple of 4 */
export function scaledHalves(to: usize, from: usize, count: usize): usize {
  if (count % 8 == 0 && widenFinite(to, from, count)) return to;
  widenHalves(to, from, count);
  const factor = f32x4.splat(1 / SHIFT);
  for (let at = to; at < to + (count << 2); at += 16) v128.store(at, f32x4.mul(v128.load(at), factor));
  return to;
}

/** Each lane is a position and has its own scale. */
function widenScaledKeys(to: usize, keys: usize, type: KvType): void {
  for (let position: usize = 0; position < BLOCK_POSITIONS; position += 8) {
    const a = halves(keys + (position << 1));
    const b = halves(keys + (position << 1) + 8);
    let out = to + (position << 2);
    let row = keys + SCALE_BYTES;
    for (const stop = out + 32 * KEY_ROW; out < stop; out += KEY_ROW) {
      const integers = eightIntegers(type, row, position);
      v128.store(out, f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(integers)), a));
      v128.store(out, f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_s(integers)), b), 16);
      row += integerRow(type);
    }
  }
}

/** Each row is a position and has its own scale. */
function widenScaledValues(to: usize, values: usize, rowBytes: usize, count: usize, type: KvType): void {
  let row = values + SCALE_BYTES;
  for (let position: usize = 0; position < count; position++) {
    const scale = f32x4.splat(fromHalf(load<u16>(values + (position << 1))));
    for (let d: usize = 0; d < 32; d += 8) {
      const integers = eightIntegers(type, row, d);
      const out = to + (d << 2);
      v128.store(out, f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(integers)), scale));
      v128.store(out, f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_s(integers)), scale), 16);
    }
    to += rowBytes;
    row += integerRow(type);
  }
}
