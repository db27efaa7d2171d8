/** Brings blocks of ggml into the layouts that the quantized product reads. */

import { invertedBits } from "../quantized/block";
import { GgmlType, integers, minimum, scale } from "./ggml-blocks";

/**
 * Brings rows of ggml blocks into panels [begin, end) of a layout that holds them exactly. Outputs that pad
 * the last panel repeat the last row.
 *
 * @param panels blocks, see src/compute/packing/quantized-layouts.ts
 * @param source [rows] of `rowBytes` bytes
 * @param inputs of a row, whole blocks
 */
export function repack(
  panels: usize,
  source: usize,
  type: GgmlType,
  rowBytes: usize,
  rows: usize,
  inputs: usize,
  bits: usize,
  block: usize,
  hasMin: bool,
  begin: usize,
  end: usize,
): void {
  const scales = block * bits;
  const blockBytes = scales + (hasMin ? 64 : 32);
  for (let panel = begin; panel < end; panel++) {
    for (let lane: usize = 0; lane < 8; lane++) {
      const output = (panel << 3) + lane;
      const row = source + min(output, rows - 1) * rowBytes;
      let to = panels + panel * (inputs / block) * blockBytes;
      for (let i: usize = 0; i < inputs; i += block) {
        const at = to + scales + (lane << 2);
        f32.store(at, scale(type, row, i));
        if (hasMin) f32.store(at, minimum(type, row, i), 32);
        for (let j = i; j < i + block; j += 16) {
          const own = integers(type, row, j);
          storeGroups(to + (j - i) * bits + (lane << 2), bits == 8 ? own : nibbles(own, hasMin), bits);
        }
        to += blockBytes;
      }
    }
  }
}

/** 16 integers in 8 bytes, the first in the lowest bits. */
function nibbles(integers: v128, hasMin: bool): v128 {
  const own = hasMin ? integers : i8x16.add(integers, i8x16.splat(8));
  const pairs = v128.and(v128.or(own, i16x8.shr_u(own, 4)), i16x8.splat(255));
  return i8x16.narrow_i16x8_u(pairs, pairs);
}

/** Stores the groups of 16 integers of one output. */
function storeGroups(to: usize, groups: v128, bits: usize): void {
  const stored = v128.xor(groups, i32x4.splat(invertedBits(bits)));
  v128.store_lane<i32>(to, stored, 0);
  v128.store_lane<i32>(to, stored, 1, 32);
  if (bits == 4) return;
  v128.store_lane<i32>(to, stored, 2, 64);
  v128.store_lane<i32>(to, stored, 3, 96);
}
