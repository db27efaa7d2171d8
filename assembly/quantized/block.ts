/**
 * Blocks of quantized weights, as src/compute/quantized-forms.ts describes them, and what products do with them.
 *
 * A group is the 32 / bits integers of an output in an i32. It is multiplied in parts: one dot product each, with an i32 of inputs.
 *
 * The relaxed build's dot product takes bytes. A group of 8 bits is one part, of 4 bits the even integers are one and the odd another.
 *
 * The plain build's takes words, and no integer is taken out of its word. Where a word w holds p and above it q, for inputs x and y,
 *
 *   p x + q y = w x + (w >> 8) (y - 256 x)    since w >> 8 = q and w = p + 256 q
 *
 * and likewise for four integers of 4 bits: each shift gives the next integer plus 16 times those above it. So a part costs one
 * shift, the first none, and the inputs are prepared once for all outputs (quantized-rows.ts). Only the topmost integer of a word has
 * a sign then. The others are stored with half their range added, which is taken off where the sum of a block starts.
 */
import { madd } from "../simd";

/** Inputs that share a scale of their own. */
export const INPUT_BLOCK: usize = 32;

/**
 * The relaxed dot product takes one operand below 128 only. Where that cannot be the weights, which are signed, it is the
 * inputs: they get 7 bits, and this is added to them.
 */
export const OFFSET: i8 = 64;

/** Bits of a group that are stored inverted: without, it holds integers in two's complement, or of 4 bits plus 8. */
export function invertedBits(bits: usize): i32 {
  if (ASC_FEATURE_RELAXED_SIMD) return 0;
  return bits == 8 ? 0x00800080 : 0x80008000;
}

/** A class, because only methods can be marked for inlining. `bits`, `block` and `hasMin` are constants wherever they are called. */
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

  /** sum + the products of a part's inputs with four outputs' weights. */
  @inline
  static dot(signed: bool, x: v128, weights: v128, sum: v128): v128 {
    if (ASC_FEATURE_RELAXED_SIMD) {
      return signed
        ? i32x4.relaxed_dot_i8x16_i7x16_add_s(weights, x, sum)
        : i32x4.relaxed_dot_i8x16_i7x16_add_s(x, weights, sum);
    }
    return i32x4.add(sum, i32x4.dot_i16x8_s(x, weights));
  }

  /** What the sum of a block's integers begins with. */
  @inline
  static start(bits: usize, starts: usize): v128 {
    return ASC_FEATURE_RELAXED_SIMD && bits == 8 ? i32x4.splat(0) : v128.load_splat<i32>(starts);
  }

  /**
   * sum + (scale * integers + min * sum of the inputs) * scale of the inputs, for four outputs.
   *
   * @param excess of the integers, from inputs with an offset
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
