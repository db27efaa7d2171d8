/**
 * Quantizes panels of floats block by block, with the same bits as ggml (quantize_row_q8_0_ref,
 * quantize_row_q4_0_ref).
 */

import { INPUT_BLOCK, INVERTED_BYTES } from "../quantized/block";
import { Layout, Layouts } from "../quantized/layout";
import { NOT_FINITE } from "../quantized/scales";
import { storePair } from "../simd";
import { halfBits, roundToHalf } from "./half";

/**
 * Quantizes panels [begin, end) of an f32 matrix to blocks of 32 inputs without a min.
 *
 * @param out panels of blocks, `outStep` bytes from one panel to the next
 * @param panels f32 [panels][k][8]
 * @param k a multiple of 32
 * @param layout Q8_0 or Q4_0
 */
export function quantizePanels(
  out: usize,
  outStep: usize,
  panels: usize,
  k: usize,
  layout: Layout,
  begin: usize,
  end: usize,
): void {
  const bits: usize = layout == Layout.Q8_0 ? 8 : 4;
  const inverted = bits == 8 ? INVERTED_BYTES : Layouts.invertedNibbles(layout);
  for (let panel = begin; panel < end; panel++) {
    let from = panels + panel * (k << 5);
    let to = out + panel * outStep;
    for (const stop = from + (k << 5); from < stop; from += INPUT_BLOCK << 5) {
      const scaleA = scaleOf(from, bits);
      const scaleB = scaleOf(from + 16, bits);
      const inverseA = inverseOf(scaleA);
      const inverseB = inverseOf(scaleB);
      for (let i: usize = 0; i < bits << 2; i += 4) {
        let a = i32x4.splat(inverted);
        let b = a;
        for (let j: usize = 0; j < 32; j += bits) {
          // Nibbles take turns: one of the first 16 inputs, one of the others.
          const input = bits == 8 ? i + (j >> 3) : i + (j >> 3) + ((j & 4) << 2);
          const at = from + (input << 5);
          a = v128.xor(a, i32x4.shl(integers(v128.load(at), inverseA, bits), <i32>j));
          b = v128.xor(b, i32x4.shl(integers(v128.load(at, 16), inverseB, bits), <i32>j));
        }
        storePair(to, a, b);
        to += 32;
      }
      v128.store(to, i16x8.narrow_i32x4_u(halves(scaleA), halves(scaleB)));
      to += 16;
    }
  }
}

/**
 * Scales of four outputs: max |w| / 127 for 8 bits, the weight of largest magnitude / -8 for 4 bits; NaN if a
 * weight is NaN.
 */
function scaleOf(from: usize, bits: usize): v128 {
  let magnitude = f32x4.splat(0);
  let largest = f32x4.splat(0);
  for (let i: usize = 0; i < INPUT_BLOCK << 5; i += 32) {
    const v = v128.load(from + i);
    const own = f32x4.abs(v);
    const isLarger = v128.or(f32x4.gt(own, magnitude), f32x4.ne(own, own)); // NaN counts as the largest
    magnitude = v128.bitselect(own, magnitude, isLarger);
    largest = v128.bitselect(v, largest, isLarger);
  }
  return bits == 8 ? f32x4.div(magnitude, f32x4.splat(127)) : f32x4.div(largest, f32x4.splat(-8));
}

/** 1 / scale, or 0 for a scale of 0. */
function inverseOf(scale: v128): v128 {
  const zero = f32x4.splat(0);
  return v128.andnot(f32x4.div(f32x4.splat(1), scale), f32x4.eq(scale, zero));
}

/** One integer in each of four lanes: a byte, or with 4 bits the integer plus 8. */
function integers(v: v128, inverse: v128, bits: usize): v128 {
  const x = f32x4.mul(v, inverse);
  if (bits == 8) {
    // Rounds half away from zero like roundf. Adding the number below 1/2 does not round 0.49999997 up.
    const sign = v128.and(x, f32x4.splat(<f32>-0.0));
    const half = v128.or(f32x4.splat(<f32>0.49999997), sign);
    return v128.and(i32x4.trunc_sat_f32x4_s(f32x4.add(x, half)), i32x4.splat(255));
  }
  return i32x4.min_s(i32x4.trunc_sat_f32x4_s(f32x4.add(x, f32x4.splat(8.5))), i32x4.splat(15));
}

/** The words of the nearest halves. */
function halves(v: v128): v128 {
  let bits = i32x4.splat(nearestHalf(f32x4.extract_lane(v, 0)));
  bits = i32x4.replace_lane(bits, 1, nearestHalf(f32x4.extract_lane(v, 1)));
  bits = i32x4.replace_lane(bits, 2, nearestHalf(f32x4.extract_lane(v, 2)));
  return i32x4.replace_lane(bits, 3, nearestHalf(f32x4.extract_lane(v, 3)));
}

function nearestHalf(x: f32): u32 {
  const half = roundToHalf(x);
  return abs(half) <= 65504 ? halfBits(half) : NOT_FINITE;
}
