/**
 * Scales and mins of eight outputs of a block (layout.ts) as floats, the first four and the last four. They
 * are loaded as words of 16 bits, and most work is done once for all eight.
 *
 * With four halves at a time, and infinite ones told by their exponent, the product of one row took 1.16
 * times as long with Q4_0 (plain, Node 20), and 1.13 in the relaxed build. Constants are loaded where they
 * are needed: V8 builds others in registers each time they are used, and before the loop they take registers
 * from its sums.
 */
import { Halves } from "../packing/widen-halves";
import { Layout } from "./layout";

/** The word of a half that is not finite: then one comparison finds it. It is read as NaN. */
export const NOT_FINITE: u32 = 0x7fff;
const NOT_FINITES: usize = memory.data<u32>([0x7fff7fff, 0x7fff7fff, 0x7fff7fff, 0x7fff7fff]);
/** 2^112 */
const FACTOR: usize = memory.data<u32>([0x77800000, 0x77800000, 0x77800000, 0x77800000]);
/** Words of 128 and of 32. */
const NORMAL: usize = memory.data<u32>([0x00800080, 0x00800080, 0x00800080, 0x00800080]);
const SUBNORMAL: usize = memory.data<u32>([0x00200020, 0x00200020, 0x00200020, 0x00200020]);

/** A class, because only methods can be marked for inlining. */
export class Scales {
  /** Scales of a block without super-block, or halves of a super-block. */
  @inline
  static load(layout: Layout, address: usize): v128 {
    return layout == Layout.MXFP4 ? v128.load_ext<u8>(address) : v128.load(address);
  }

  /** The first four as floats. */
  @inline
  static first(layout: Layout, words: v128): v128 {
    if (layout == Layout.MXFP4) return Halves.first(i32x4.splat(0), Scales.powers(words));
    return f32x4.mul(Halves.first(i16x8.shl(words, 13), Scales.upper(words)), v128.load(FACTOR));
  }

  /** The last four as floats. */
  @inline
  static last(layout: Layout, words: v128): v128 {
    if (layout == Layout.MXFP4) return Halves.last(i32x4.splat(0), Scales.powers(words));
    return f32x4.mul(Halves.last(i16x8.shl(words, 13), Scales.upper(words)), v128.load(FACTOR));
  }

  /** Integer scales or mins of a block of a super-block. Those of Q6_K and IQ4_XS have a sign. */
  @inline
  static integers(layout: Layout, address: usize): v128 {
    return layout == Layout.Q6_K || layout == Layout.IQ4_XS
      ? v128.load_ext<i8>(address)
      : v128.load_ext<u8>(address);
  }

  /** The first four integers as floats. */
  @inline
  static firstIntegers(words: v128): v128 {
    return f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(words));
  }

  /** The last four integers as floats. */
  @inline
  static lastIntegers(words: v128): v128 {
    return f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_s(words));
  }

  /** Upper words of eight halves as floats times 2^-112. */
  @inline
  static upper(halves: v128): v128 {
    const isNotFinite = i16x8.eq(halves, v128.load(NOT_FINITES));
    return v128.or(Halves.finite(halves, Halves.fields()), isNotFinite);
  }

  /**
   * Upper words of half the scales of MXFP4, beside the doubled numbers: 2^(exponent - 128). The exponents 0
   * and 1 make subnormal floats.
   */
  @inline
  static powers(exponents: v128): v128 {
    const normal = i16x8.sub(i16x8.shl(exponents, 7), v128.load(NORMAL));
    return i16x8.max_s(normal, i16x8.add(i16x8.shl(exponents, 5), v128.load(SUBNORMAL)));
  }
}
