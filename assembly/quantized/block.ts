/**
 * Products of integers of quantized weights (layout.ts).
 *
 * A group is an i32 with four integers of 8 bits of one output, or eight of 4 bits. It is multiplied in
 * parts. A part is one dot product with an i32 of inputs.
 *
 * The dot products of the relaxed build take bytes: a group of 8-bit integers is one part. One of their
 * operands must be in 0..127, so they serve weights that are stored without a sign.
 *
 * The dot product of the plain build, and of signed weights in both, takes words of 16 bits, and integers
 * stay in their words. A word w holds p and above it q. With inputs x and y,
 *
 *   p x + q y = w x + (w >> 8) (y - 256 x)    since w >> 8 = q and w = p + 256 q
 *
 * and likewise for four integers of 4 bits: each shift gives the next integer plus 16 times the integers
 * above it. A part costs one shift, the first part none. The inputs are prepared once for all outputs
 * (rows.ts). Only the topmost integer of a word may have a sign. Signed integers are stored with half their
 * range added to the others. The start of the sum of a block subtracts that again.
 *
 * The relaxed dot product of four bytes is one instruction with AVX-VNNI and on ARM, else five of V8. Then
 * pairs are faster: i16x8.relaxed_dot_i8x16_i7x16_s is one instruction (pmaddubsw) for 16 products, and words
 * of 16 bits hold the sums of some groups. The integers are the same. `probeDots` tells which one it is.
 *
 * Tried: signed weights in the relaxed dot product. Inputs then are the operand without a sign, 7 bits with
 * 64 added: twice the error (q8_0 0.032 of the logits, not 0.016), and 64 times the sum of the weights to
 * subtract. Without AVX-VNNI it took 1.2 times as long, with it 0.6.
 */
import { madd } from "../simd";

/** Inputs that share a scale once they are quantized. The inputs of a quantized matrix are a multiple. */
export const INPUT_BLOCK: usize = 32;

/** Bits that are stored inverted of groups of signed integers of 8 bits. */
export const INVERTED_BYTES: i32 = 0x00800080;

/** A class, because only methods can be marked for inlining. Callers pass constants for booleans. */
export class Block {
  /** Bytes of the integers of a block of one row of inputs. */
  @inline
  static inputBytes(isSigned: bool): usize {
    return Block.hasWords(isSigned) ? INPUT_BLOCK << 1 : INPUT_BLOCK;
  }

  /** Whether products are those of words. */
  @inline
  static hasWords(isSigned: bool): bool {
    return !ASC_FEATURE_RELAXED_SIMD || isSigned;
  }

  /**
   * sum + products of a group of four inputs with the weights of four outputs. One dot product of bytes, or
   * two of words.
   *
   * @param x inputs
   * @param far bytes from a part of the inputs to the next
   */
  @inline
  static dots(isSigned: bool, x: usize, far: usize, weights: v128, sum: v128): v128 {
    const first = Block.dot(isSigned, v128.load_splat<i32>(x), weights, sum);
    if (!Block.hasWords(isSigned)) return first;
    return Block.dot(isSigned, v128.load_splat<i32>(x + far), i16x8.shr_s(weights, 8), first);
  }

  /** sum + products of the inputs of a part with the weights of four outputs. */
  @inline
  static dot(isSigned: bool, x: v128, weights: v128, sum: v128): v128 {
    if (ASC_FEATURE_RELAXED_SIMD) {
      if (!isSigned) return i32x4.relaxed_dot_i8x16_i7x16_add_s(x, weights, sum);
    }
    return i32x4.add(sum, i32x4.dot_i16x8_s(x, weights));
  }

  /**
   * As `dots`. In the relaxed build the sums of weights without a sign are those of `pairs`.
   */
  @inline
  static words(isSigned: bool, x: usize, far: usize, weights: v128, sum: v128): v128 {
    return ASC_FEATURE_RELAXED_SIMD && !isSigned
      ? Block.pairs(v128.load_splat<i32>(x), weights, sum)
      : Block.dots(isSigned, x, far, weights, sum);
  }

  /** As `words`, of weights without a sign, with a sum of 0: V8 adds zeros that are written. */
  @inline
  static firstWords(x: usize, far: usize, weights: v128): v128 {
    const v = v128.load_splat<i32>(x);
    if (ASC_FEATURE_RELAXED_SIMD) return i16x8.relaxed_dot_i8x16_i7x16_s(v, weights);
    const later = v128.load_splat<i32>(x + far);
    return Block.dot(false, later, i16x8.shr_s(weights, 8), i32x4.dot_i16x8_s(v, weights));
  }

  /**
   * sum + products of a group of the relaxed build, as words of 16 bits, two for an output: they hold 8 sums
   * of weights below 16, 4 of weights below 32, 2 of weights below 64.
   */
  @inline
  static pairs(x: v128, weights: v128, sum: v128): v128 {
    return i16x8.add(sum, i16x8.relaxed_dot_i8x16_i7x16_s(x, weights));
  }

  /** Sums of `words`, or `pairs`, as i32, for four outputs. */
  @inline
  static wide(isSigned: bool, words: v128): v128 {
    return Block.hasWords(isSigned) ? words : i32x4.extadd_pairwise_i16x8_s(words);
  }

  /** sum + (scale * integers + min * sum of the inputs) * scale of the inputs, for four outputs. */
  @inline
  static add(
    hasMin: bool,
    sum: v128,
    integers: v128,
    scale: v128,
    min: v128,
    inputScale: usize,
    inputSum: usize,
  ): v128 {
    let value = f32x4.mul(f32x4.convert_i32x4_s(integers), scale);
    if (hasMin) value = madd(min, v128.load_splat<f32>(inputSum), value);
    return madd(value, v128.load_splat<f32>(inputScale), sum);
  }
}

/**
 * The first lane of a relaxed dot product. With bytes of 127 and weights of 255, which have more than 7 bits,
 * it tells how V8 computes it: 65534 if it adds pairs of 16 bits, which saturate, 129540 with AVX-VNNI.
 */
export function probeDots(x: i32, weights: i32): i32 {
  if (!ASC_FEATURE_RELAXED_SIMD) return 0;
  const sum = i32x4.relaxed_dot_i8x16_i7x16_add_s(i32x4.splat(x), i32x4.splat(weights), i32x4.splat(0));
  return i32x4.extract_lane(sum, 0);
}
