/**
 * Products of integers of quantized weights (layout.ts).
 *
 * A group is an i32 with four integers of 8 bits of one output, or eight of 4 bits. It is multiplied in parts.
 * A part is one dot product with an i32 of inputs.
 *
 * The dot products of the relaxed build take bytes: a group of 8-bit integers is one part.
 *
 * The dot product of the plain build takes words of 16 bits, and integers stay in their words. A word w holds
 * p and above it q. With inputs x and y,
 *
 *   p x + q y = w x + (w >> 8) (y - 256 x)    since w >> 8 = q and w = p + 256 q
 *
 * and likewise for four integers of 4 bits: each shift gives the next integer plus 16 times the integers
 * above it. A part costs one shift, the first part none. The inputs are prepared once for all outputs
 * (rows.ts). Only the topmost integer of a word may have a sign. Signed integers are stored with half their
 * range added to the others. The start of the sum of a block subtracts that again.
 */
import { madd } from "../simd";

/** Inputs that share a scale once they are quantized. The inputs of a quantized matrix are a multiple. */
export const INPUT_BLOCK: usize = 32;

/**
 * One operand of the relaxed dot product must be in 0..127. Signed weights cannot be that operand. Then the
 * inputs get 7 bits, and this is added to them.
 */
export const OFFSET: i8 = 64;

/** Loaded, because V8 builds a constant in registers each time it is used. */
const ONES: usize = memory.data<i32>([0x01010101, 0x01010101, 0x01010101, 0x01010101]);

/** Bits that are stored inverted of groups of signed integers of 8 bits. */
export const INVERTED_BYTES: i32 = ASC_FEATURE_RELAXED_SIMD ? 0 : 0x00800080;

/** A class, because only methods can be marked for inlining. Callers pass constants for booleans. */
export class Block {
  /**
   * sum + products of a group of four inputs with the weights of four outputs. One dot product in the relaxed
   * build, and two in the plain one.
   *
   * @param x inputs
   * @param far bytes from a part of the inputs to the next
   */
  @inline
  static dots(isSigned: bool, x: usize, far: usize, weights: v128, sum: v128): v128 {
    const v = v128.load_splat<i32>(x);
    if (ASC_FEATURE_RELAXED_SIMD) return Block.dot(isSigned, v, weights, sum);
    const first = Block.dot(isSigned, v, weights, sum);
    return Block.dot(isSigned, v128.load_splat<i32>(x + far), i16x8.shr_s(weights, 8), first);
  }

  /** sum + products of the inputs of a part with the weights of four outputs. */
  @inline
  static dot(isSigned: bool, x: v128, weights: v128, sum: v128): v128 {
    if (ASC_FEATURE_RELAXED_SIMD) {
      return isSigned
        ? i32x4.relaxed_dot_i8x16_i7x16_add_s(weights, x, sum)
        : i32x4.relaxed_dot_i8x16_i7x16_add_s(x, weights, sum);
    }
    return i32x4.add(sum, i32x4.dot_i16x8_s(x, weights));
  }

  /**
   * As `dots`, of weights without a sign. In the relaxed build the sums are words of 16 bits, two for an
   * output: they hold 8 sums of weights below 16, 4 of weights below 32, 2 of weights below 64.
   */
  @inline
  static words(x: usize, far: usize, weights: v128, sum: v128): v128 {
    return ASC_FEATURE_RELAXED_SIMD
      ? i16x8.add(sum, i16x8.relaxed_dot_i8x16_i7x16_s(v128.load_splat<i32>(x), weights))
      : Block.dots(false, x, far, weights, sum);
  }

  /** Sums of `words` as i32, for four outputs. */
  @inline
  static wide(words: v128): v128 {
    return ASC_FEATURE_RELAXED_SIMD ? i32x4.extadd_pairwise_i16x8_s(words) : words;
  }

  /**
   * sums + pairs of signed weights, in eight words: OFFSET times their sum is the excess of a dot product. Words
   * hold the sums of 64 weights. Half the instructions of a dot product with OFFSET.
   */
  @inline
  static excess(sums: v128, weights: v128): v128 {
    return ASC_FEATURE_RELAXED_SIMD
      ? i16x8.add(sums, i16x8.relaxed_dot_i8x16_i7x16_s(weights, v128.load(ONES)))
      : sums;
  }

  /** Start of the sum of a block of integers. */
  @inline
  static start(isSigned: bool, starts: usize): v128 {
    return ASC_FEATURE_RELAXED_SIMD && isSigned ? i32x4.splat(0) : v128.load_splat<i32>(starts);
  }

  /**
   * sum + (scale * integers + min * sum of the inputs) * scale of the inputs, for four outputs.
   *
   * @param excess of the integers, because inputs have an offset
   */
  @inline
  static add(
    hasMin: bool,
    isSigned: bool,
    sum: v128,
    integers: v128,
    excess: v128,
    scale: v128,
    min: v128,
    inputScale: usize,
    inputSum: usize,
  ): v128 {
    const own = ASC_FEATURE_RELAXED_SIMD && isSigned ? i32x4.sub(integers, excess) : integers;
    let value = f32x4.mul(f32x4.convert_i32x4_s(own), scale);
    if (hasMin) value = madd(min, v128.load_splat<f32>(inputSum), value);
    return madd(value, v128.load_splat<f32>(inputScale), sum);
  }
}
