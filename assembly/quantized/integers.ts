/** Reads integers of blocks (layout.ts) as groups: i32 of four bytes, for four outputs at once. */
import { NONLINEAR } from "../packing/ggml-blocks";
import { Layout, Layouts } from "./layout";

/**
 * Masks and tables are loaded: V8 builds a constant in registers each time it is used, with three
 * instructions.
 */
const NIBBLE: usize = memory.data<i32>([0x0f0f0f0f, 0x0f0f0f0f, 0x0f0f0f0f, 0x0f0f0f0f]);
const FIFTH_BIT: usize = memory.data<i32>([0x10101010, 0x10101010, 0x10101010, 0x10101010]);
/** The numbers of 4 bits of MXFP4 (OCP Microscaling Formats 2023), doubled, plus 12. */
const E2M1: usize = memory.data<u8>([12, 13, 14, 15, 16, 18, 20, 24, 12, 11, 10, 9, 8, 6, 4, 0]);
/** The bits that are inverted in groups of signed integers (block.ts). */
const INVERTED: usize = memory.data<i32>([0x00800080, 0x00800080, 0x00800080, 0x00800080]);

export class Integers {
  /** The mask of the lower nibbles. */
  @inline
  static mask(): v128 {
    return v128.load(NIBBLE);
  }

  /** What the integers of a layout need besides their nibbles: the mask of a bit, or a table. */
  @inline
  static table(layout: Layout): v128 {
    if (layout == Layout.MXFP4) return v128.load(E2M1);
    if (Layouts.hasTable(layout)) return v128.load(NONLINEAR);
    return v128.load(FIFTH_BIT);
  }

  /** Nibbles in the upper half of bytes. */
  @inline
  static upper(nibbles: v128, mask: v128): v128 {
    return v128.and(i16x8.shr_u(nibbles, 4), mask);
  }

  /** The bits of the integers of signed tables that are inverted. */
  @inline
  static inverted(): v128 {
    return v128.load(INVERTED);
  }

  /**
   * Integers of nibbles.
   *
   * @param bits bytes with the fifth bit in place; of a signed table the inverted bits
   */
  @inline
  static whole(layout: Layout, nibbles: v128, bits: v128, table: v128): v128 {
    if (Layouts.hasTable(layout)) {
      const numbers = ASC_FEATURE_RELAXED_SIMD
        ? i8x16.relaxed_swizzle(table, nibbles)
        : i8x16.swizzle(table, nibbles);
      return Layouts.isSigned(layout) ? v128.xor(numbers, bits) : numbers;
    }
    if (Layouts.hasFifthBit(layout)) return v128.or(nibbles, v128.and(bits, table));
    return nibbles;
  }
}
