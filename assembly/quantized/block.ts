/**
 * Blocks of quantized weights and their products. src/compute/packing/quantized-layouts.ts describes the
 * layouts.
 *
 * A group is an i32 with 32 / bits integers of one output. It is multiplied in parts. A part is one dot
 * product with an i32 of inputs.
 *
 * The dot product of the relaxed build takes bytes. A group of 8-bit integers is one part. A group of 4-bit
 * integers has two parts: the even integers and the odd ones.
 *
 * The dot product of the plain build takes words of 16 bits, and integers stay in their words. A word w holds
 * p and above it q. With inputs x and y,
 *
 *   p x + q y = w x + (w >> 8) (y - 256 x)    since w >> 8 = q and w = p + 256 q
 *
 * and likewise for four integers of 4 bits: each shift gives the next integer plus 16 times the integers
 * above it. A part costs one shift, the first part none. The inputs are prepared once for all outputs
 * (rows.ts). Only the topmost integer of a word has a sign. The others are stored with half their range
 * added. The start of the sum of a block subtracts that again.
 */
import { madd } from "../simd";

/** Inputs that share a scale once they are quantized. The inputs of a quantized matrix are a multiple. */
export const INPUT_BLOCK: usize = 32;

/**
 * One operand of the relaxed dot product must be in 0..127. Signed weights cannot be that operand. Then the
 * inputs get 7 bits, and this is added to them.
 */
export const OFFSET: i8 = 64;

/**
 * Bits of a group that are stored inverted. Inverted back, it holds integers in two's complement, or 4-bit
 * integers plus 8.
 */
export function invertedBits(bits: usize): i32 {
  if (ASC_FEATURE_RELAXED_SIMD) return 0;
  return bits == 8 ? 0x00800080 : 0x80008000;
}

/**
 * A class, because only methods can be marked for inlining. Callers pass constants for `bits`, `block` and
 * `hasMin`.
 */
export class Block {
  /** Parts of a group. */
  @inline
  static parts(bits: usize): usize {
    return (ASC_FEATURE_RELAXED_SIMD ? 8 : 16) / bits;
  }

  /** Part `index` of the groups of four outputs. */
  @inline
  static part(bits: usize, index: i32, groups: v128): v128 {
    if (!ASC_FEATURE_RELAXED_SIMD) return index == 0 ? groups : i16x8.shr_s(groups, index * <i32>bits);
    if (bits == 8) return groups;
    return index == 0 ? v128.and(groups, i8x16.splat(15)) : i8x16.shr_u(groups, 4);
  }

  /** sum + products of the inputs of a part with the weights of four outputs. */
  @inline
  static dot(signed: bool, x: v128, weights: v128, sum: v128): v128 {
    if (ASC_FEATURE_RELAXED_SIMD) {
      return signed
        ? i32x4.relaxed_dot_i8x16_i7x16_add_s(weights, x, sum)
        : i32x4.relaxed_dot_i8x16_i7x16_add_s(x, weights, sum);
    }
    return i32x4.add(sum, i32x4.dot_i16x8_s(x, weights));
  }

  /** Start of the sum of a block of integers. */
  @inline
  static start(bits: usize, starts: usize): v128 {
    return ASC_FEATURE_RELAXED_SIMD && bits == 8 ? i32x4.splat(0) : v128.load_splat<i32>(starts);
  }

  /**
   * sum + (scale * integers + min * sum of the inputs) * scale of the inputs, for four outputs.
   *
   * @param excess of the integers, because inputs have an offset
   */
  @inline
  static add(
    hasMin: bool,
    signed: bool,
    sum: v128,
    integers: v128,
    excess: v128,
    scale: v128,
    min: v128,
    inputScale: usize,
    inputSum: usize,
  ): v128 {
    const own = ASC_FEATURE_RELAXED_SIMD && signed ? i32x4.sub(integers, excess) : integers;
    let value = f32x4.mul(f32x4.convert_i32x4_s(own), scale);
    if (hasMin) value = madd(min, v128.load_splat<f32>(inputSum), value);
    return madd(value, v128.load_splat<f32>(inputScale), sum);
  }
}
