/** Brings ggml's blocks into the forms that the quantized product reads. */
import { GgmlType, integers, minimum, scale } from "./ggml-blocks";
import { GROUP } from "./quantized-rows";

/**
 * Brings rows of ggml's blocks into the panels [begin, end) of a form that holds them exactly. Outputs that only pad the last
 * panel repeat the last row.
 *
 * @param panels blocks, as src/compute/quantized-forms.ts tells
 * @param source [rows] of `rowBytes` bytes
 * @param inputs of a row, whole blocks
 * @param pairs as in `pack`
 */
export function repack(
  panels: usize,
  source: usize,
  type: GgmlType,
  rowBytes: usize,
  rows: usize,
  inputs: usize,
  pairs: usize,
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
      const row = source + storedRow(min(output, rows - 1), pairs) * rowBytes;
      const partner = source + storedRow(min(output + 4, rows - 1), pairs) * rowBytes;
      let to = panels + panel * (inputs / block) * blockBytes;
      for (let i: usize = 0; i < inputs; i += block) {
        const at = to + scales + (lane << 2);
        f32.store(at, scale(type, row, i));
        if (hasMin) f32.store(at, minimum(type, row, i), 32);
        for (let j = i; j < i + block; j += 16) {
          const group = to + (j - i) * bits + lane * GROUP;
          if (bits == 8) spread(group, integers(type, row, j), 8);
          else if (lane < 4) {
            const upper = i8x16.shl(nibbles(type, partner, j, hasMin), 4);
            spread(group, v128.or(nibbles(type, row, j, hasMin), upper), 4);
          }
        }
        to += blockBytes;
      }
    }
  }
}

/** 16 integers as 4 bits hold them. */
function nibbles(type: GgmlType, row: usize, i: usize, hasMin: bool): v128 {
  const own = integers(type, row, i);
  return hasMin ? own : i8x16.add(own, i8x16.splat(8));
}

/** Stores 16 integers, so many outputs to a group. */
function spread(to: usize, v: v128, outputs: usize): void {
  const step = outputs * GROUP;
  if (ASC_FEATURE_RELAXED_SIMD) {
    v128.store_lane<u32>(to, v, 0);
    v128.store_lane<u32>(to + step, v, 1);
    v128.store_lane<u32>(to + step * 2, v, 2);
    v128.store_lane<u32>(to + step * 3, v, 3);
  } else {
    v128.store_lane<u16>(to, v, 0);
    v128.store_lane<u16>(to + step, v, 1);
    v128.store_lane<u16>(to + step * 2, v, 2);
    v128.store_lane<u16>(to + step * 3, v, 3);
    v128.store_lane<u16>(to + step * 4, v, 4);
    v128.store_lane<u16>(to + step * 5, v, 5);
    v128.store_lane<u16>(to + step * 6, v, 6);
    v128.store_lane<u16>(to + step * 7, v, 7);
  }
}

/** Where an output's row is stored: the inverse of what `pack` does with rotary pairs. */
function storedRow(output: usize, pairs: usize): usize {
  if (pairs == 0) return output;
  const within = output % (2 * pairs);
  return output - within + 2 * (within % pairs) + within / pairs;
}
