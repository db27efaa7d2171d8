/**
 * Layouts of quantized weights in memory: one for each common type of ggml, of the size of the type, and
 * three that hold the others. Panels hold 8 outputs, as in all matrices. A panel is a stream of blocks:
 *
 *   Q8_0    integers of 8 bits i32 [8 groups of 4 inputs][8 outputs], half scale [8]
 *   Q4_0    nibbles [128 bytes], half scale [8]
 *   Q4_1    nibbles, half scale [8], half min [8]
 *   Q5_0    nibbles, fifth bits [32 bytes], half scale [8]
 *   Q5_1    nibbles, fifth bits, half scale [8], half min [8]
 *   MXFP4   nibbles (of a table), u8 exponent [8]
 *   IQ4_NL  nibbles (of a table), half scale [8]
 *   IQ4_XS  half scale [8], and 8 times { nibbles (of a table), i8 scale [8] }
 *   Q2_K    half scale [8], half min [8], and 16 times { two bits [32 bytes], scale and min [8] }
 *   Q3_K    half scale [8], scales of 6 bits [96 bytes], and 8 times { third bits of 32 inputs [32 bytes], two
 *           bits of 16 inputs [2][32 bytes] }
 *   Q4_K    half scale [8], half min [8], and 8 times { nibbles, u8 scale [8], u8 min [8] }
 *   Q5_K    half scale [8], half min [8], and 8 times { nibbles, fifth bits, u8 scale [8], u8 min [8] }
 *   Q6_K    half scale [8], and 8 times { six bits of 16 inputs [2][96 bytes], i8 scale of 16 inputs [2][8] }
 *   Bytes   the common form that the tile of products reads (decode.ts): blocks of 32 or 16 inputs, without or
 *           with a min
 *
 * Nibbles of 32 inputs are i32 [4 groups][8 outputs]. Byte b of group g holds input 4 g + b in its lower half
 * and input 16 + 4 g + b in its upper half.
 *
 * Fifth bits of 32 inputs are i32 [8 outputs]. Byte b holds that of input 4 g + b at bit 4 + g, and that of
 * input 16 + 4 g + b at bit g.
 *
 * Two bits of 16 inputs are i32 [8 outputs]. Byte b holds those of input 4 g + b at bit 2 g. In Q2_K their
 * scale is the lower half of a byte, their min the upper one.
 *
 * Third bits of 32 inputs are i32 [8 outputs]. Byte b holds that of input 4 g + b at bit 2 + g, and those of
 * inputs 16 + 4 g + b at bits 6, 7, 0, 1. Scales of 6 bits, plus 32, are u8 [8 pairs of blocks][8 outputs] with
 * the lower 4 bits of two blocks, then u8 [4][8] with the upper 2 bits of four.
 *
 * Six bits of 16 inputs are i32 [3 groups][8 outputs] A, B, C. The lower six bits of a byte are an input of
 * groups 0, 1, 2. Those of group 3 are the lower six bits of the bytes of (A >> 2) ^ (B >> 4) ^ (C >> 6), in
 * words of 16 bits. That fixes the two upper bits of each byte.
 *
 * A half that is infinite or NaN is stored as 0x7fff and read as NaN (scales.ts).
 *
 * Integers are stored unsigned, with `zero` added, if they then take 7 bits. The others are signed. The plain
 * build stores these with some bits inverted (block.ts).
 */

export enum Layout {
  Q8_0,
  Q4_0,
  Q4_1,
  Q5_0,
  Q5_1,
  MXFP4,
  IQ4_NL,
  IQ4_XS,
  Q2_K,
  Q3_K,
  Q4_K,
  Q5_K,
  Q6_K,
  Bytes32,
  Bytes16,
  Bytes16Min,
  /** It is expanded to floats (normal-float.ts). */
  NF4,
}

/** A class, because only methods can be marked for inlining. With a constant layout all is constant. */
export class Layouts {
  /** Inputs that share a scale. */
  @inline
  static block(layout: Layout): usize {
    const isShort = layout == Layout.Q2_K || layout == Layout.Q3_K || layout == Layout.Q6_K;
    return isShort || layout == Layout.Bytes16 || layout == Layout.Bytes16Min ? 16 : 32;
  }

  @inline
  static hasMin(layout: Layout): bool {
    return (
      layout == Layout.Q4_1 ||
      layout == Layout.Q5_1 ||
      layout == Layout.Q2_K ||
      layout == Layout.Q4_K ||
      layout == Layout.Q5_K ||
      layout == Layout.Bytes16Min
    );
  }

  /** Whether integers have a sign. */
  @inline
  static isSigned(layout: Layout): bool {
    return (
      layout == Layout.Q8_0 || layout == Layout.IQ4_NL || layout == Layout.IQ4_XS || Layouts.isCommon(layout)
    );
  }

  /** Whether panels are in the common form. */
  @inline
  static isCommon(layout: Layout): bool {
    return layout == Layout.Bytes32 || layout == Layout.Bytes16 || layout == Layout.Bytes16Min;
  }

  /** The stored integer of the weight 0. */
  @inline
  static zero(layout: Layout): i32 {
    if (layout == Layout.Q3_K) return 4;
    if (layout == Layout.Q4_0) return 8;
    if (layout == Layout.MXFP4) return 12;
    if (layout == Layout.Q5_0) return 16;
    return layout == Layout.Q6_K ? 32 : 0;
  }

  /** Whether the product of one row in the plain build takes words of four nibbles (block.ts). */
  @inline
  static hasNibbleWords(layout: Layout): bool {
    if (ASC_FEATURE_RELAXED_SIMD) return false;
    return layout == Layout.Q4_0 || layout == Layout.Q4_1 || layout == Layout.Q4_K;
  }

  /** Bits of groups of nibbles that are stored inverted. */
  @inline
  static invertedNibbles(layout: Layout): i32 {
    return Layouts.hasNibbleWords(layout) ? 0x80008000 : 0;
  }

  /** Whether nibbles are places in a table of numbers. */
  @inline
  static hasTable(layout: Layout): bool {
    return layout == Layout.MXFP4 || layout == Layout.IQ4_NL || layout == Layout.IQ4_XS;
  }

  /** Whether a nibble has a fifth bit. */
  @inline
  static hasFifthBit(layout: Layout): bool {
    return layout == Layout.Q5_0 || layout == Layout.Q5_1 || layout == Layout.Q5_K;
  }

  /** Whether 256 inputs share a scale in half precision, and blocks have integers as scales. */
  @inline
  static isSuper(layout: Layout): bool {
    return (
      layout == Layout.Q2_K ||
      layout == Layout.Q3_K ||
      layout == Layout.Q4_K ||
      layout == Layout.Q5_K ||
      layout == Layout.Q6_K ||
      layout == Layout.IQ4_XS
    );
  }

  /** Bytes of a block of eight outputs in the common form. */
  @inline
  static commonBytes(layout: Layout): usize {
    return (Layouts.block(layout) << 3) + (Layouts.hasMin(layout) ? 64 : 32);
  }
}
