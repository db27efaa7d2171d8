/**
 * Quantizes panels of floats block by block, with the same bits as ggml (quantize_row_q8_0_ref,
 * quantize_row_q4_0_ref).
 */

import { INPUT_BLOCK, invertedBits } from "../quantized/block";
import { storePair } from "../simd";
import { roundToHalf } from "./half";

/**
 * Quantizes panels [begin, end) of an f32 matrix to blocks of 32 inputs without a min.
 *
 * @param out panels of blocks, `outStep` bytes from one panel to the next
 * @param panels f32 [panels][k][8]
 * @param k a multiple of 32
 * @param bits 8 for Q8_0, 4 for Q4_0
 */
export function quantizePanels(
  out: usize,
  outStep: usize,
  panels: usize,
  k: usize,
  bits: usize,
  begin: usize,
  end: usize,
): void {
  const group: usize = 32 / bits;
  const stored = i32x4.splat(invertedBits(bits));
  for (let panel = begin; panel < end; panel++) {
    let from = panels + panel * (k << 5);
    let to = out + panel * outStep;
    for (const stop = from + (k << 5); from < stop; from += INPUT_BLOCK << 5) {
      const scaleA = scaleOf(from, bits);
      const scaleB = scaleOf(from + 16, bits);
      const inverseA = inverseOf(scaleA);
      const inverseB = inverseOf(scaleB);
      for (let i: usize = 0; i < INPUT_BLOCK; i += group) {
        let a = stored;
        let b = stored;
        for (let j: usize = 0; j < group; j++) {
          const at = from + ((i + j) << 5);
          const place = <i32>(j * bits);
          a = v128.xor(a, i32x4.shl(integers(v128.load(at), inverseA, bits), place));
          b = v128.xor(b, i32x4.shl(integers(v128.load(at, 16), inverseB, bits), place));
        }
        storePair(to, a, b);
        to += 32;
      }
      storePair(to, halves(scaleA), halves(scaleB));
      to += 32;
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

function halves(v: v128): v128 {
  let rounded = f32x4.splat(roundToHalf(f32x4.extract_lane(v, 0)));
  rounded = f32x4.replace_lane(rounded, 1, roundToHalf(f32x4.extract_lane(v, 1)));
  rounded = f32x4.replace_lane(rounded, 2, roundToHalf(f32x4.extract_lane(v, 2)));
  return f32x4.replace_lane(rounded, 3, roundToHalf(f32x4.extract_lane(v, 3)));
}
