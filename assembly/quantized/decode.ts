/**
 * Decodes panels of any layout (layout.ts) to the common form that the tile of products reads: a stream of
 * blocks of
 *
 *   integers of 8 bits [block / 4 groups][8 outputs], f32 scale [8], f32 min [8] if the layout has one
 *
 * So a type costs a decoder and a product of one row, and no tile. Several rows share the cost.
 */

import { storePair } from "../simd";
import { Integers } from "./integers";
import { Layout, Layouts } from "./layout";
import { decodeSixBits } from "./row-six-bits";
import { decodeThreeBits } from "./row-three-bits";
import { decodeTwoBits } from "./row-two-bits";
import { Scales } from "./scales";

/** Most bytes that one input of a panel takes in the common form. */
export const COMMON_INPUT: usize = 12;

/** Bytes of a panel of `k` inputs in the common form. */
export function commonPanelBytes(layout: Layout, k: usize): usize {
  return (k / Layouts.block(layout)) * Layouts.commonBytes(layout);
}

/** Decodes panels [panel, stop) to `to`. */
export function decode(layout: Layout, to: usize, panel: usize, stop: usize): void {
  if (layout == Layout.Q8_0) bytes(to, panel, stop);
  else if (layout == Layout.Q4_0) Decoder.simple(Layout.Q4_0, to, panel, stop);
  else if (layout == Layout.Q4_1) Decoder.simple(Layout.Q4_1, to, panel, stop);
  else if (layout == Layout.Q5_0) Decoder.simple(Layout.Q5_0, to, panel, stop);
  else if (layout == Layout.Q5_1) Decoder.simple(Layout.Q5_1, to, panel, stop);
  else if (layout == Layout.MXFP4) Decoder.simple(Layout.MXFP4, to, panel, stop);
  else if (layout == Layout.IQ4_NL) Decoder.simple(Layout.IQ4_NL, to, panel, stop);
  else if (layout == Layout.IQ4_XS) Decoder.superBlocks(Layout.IQ4_XS, to, panel, stop);
  else if (layout == Layout.Q2_K) decodeTwoBits(to, panel, stop);
  else if (layout == Layout.Q3_K) decodeThreeBits(to, panel, stop);
  else if (layout == Layout.Q4_K) Decoder.superBlocks(Layout.Q4_K, to, panel, stop);
  else if (layout == Layout.Q5_K) Decoder.superBlocks(Layout.Q5_K, to, panel, stop);
  else if (layout == Layout.Q6_K) decodeSixBits(to, panel, stop);
  else memory.copy(to, panel, stop - panel);
}

function bytes(to: usize, panel: usize, stop: usize): void {
  while (panel < stop) {
    for (const end = panel + 256; panel < end; panel += 32) {
      storePair(to, v128.load(panel), v128.load(panel, 16));
      to += 32;
    }
    storeScales(Layout.Q8_0, to, panel);
    panel += 16;
    to += 32;
  }
}

function storeScales(layout: Layout, to: usize, address: usize): void {
  const words = Scales.load(layout, address);
  storePair(to, Scales.first(layout, words), Scales.last(layout, words));
}

class Decoder {
  /** Blocks of 32 inputs with nibbles, scales and mins. */
  @inline
  static simple(layout: Layout, to: usize, panel: usize, stop: usize): void {
    const bits: usize = Layouts.hasFifthBit(layout) ? 32 : 0;
    const scale: usize = layout == Layout.MXFP4 ? 8 : 16;
    while (panel < stop) {
      Decoder.nibbles(layout, to, panel);
      panel += 128 + bits;
      to += 256;
      storeScales(layout, to, panel);
      panel += scale;
      to += 32;
      if (Layouts.hasMin(layout)) {
        storeScales(layout, to, panel);
        panel += 16;
        to += 32;
      }
    }
  }

  /** Q4_K, Q5_K, IQ4_XS */
  @inline
  static superBlocks(layout: Layout, to: usize, panel: usize, stop: usize): void {
    const bits: usize = Layouts.hasFifthBit(layout) ? 32 : 0;
    const hasMin = Layouts.hasMin(layout);
    const bytes: usize = 128 + bits + (hasMin ? 16 : 8);
    while (panel < stop) {
      const scales = Scales.load(layout, panel);
      const scaleA = Scales.first(layout, scales);
      const scaleB = Scales.last(layout, scales);
      const mins = hasMin ? Scales.load(layout, panel + 16) : scales;
      const minA = f32x4.neg(Scales.first(layout, mins));
      const minB = f32x4.neg(Scales.last(layout, mins));
      panel += hasMin ? 32 : 16;
      for (const end = panel + (bytes << 3); panel < end; panel += bytes) {
        Decoder.nibbles(layout, to, panel);
        const at = panel + 128 + bits;
        Decoder.storeIntegers(layout, to + 256, at, scaleA, scaleB);
        to += 288;
        if (hasMin) {
          Decoder.storeIntegers(layout, to, at + 8, minA, minB);
          to += 32;
        }
      }
    }
  }

  /** Scales or mins of a super-block times those of a block. */
  @inline
  static storeIntegers(layout: Layout, to: usize, address: usize, a: v128, b: v128): void {
    const words = Scales.integers(layout, address);
    const first = f32x4.mul(a, Scales.firstIntegers(words));
    storePair(to, first, f32x4.mul(b, Scales.lastIntegers(words)));
  }

  /** 32 inputs of eight outputs. */
  @inline
  static nibbles(layout: Layout, to: usize, panel: usize): void {
    const mask = Integers.mask();
    const table = Integers.table(layout);
    const hasFifthBit = Layouts.hasFifthBit(layout);
    let c = hasFifthBit ? v128.load(panel, 128) : Integers.inverted();
    let d = hasFifthBit ? v128.load(panel, 144) : c;
    const inverted = i32x4.splat(Layouts.invertedNibbles(layout));
    for (const end = panel + 128; panel < end; panel += 32) {
      const a = v128.xor(v128.load(panel), inverted);
      const b = v128.xor(v128.load(panel, 16), inverted);
      const low = Integers.whole(layout, v128.and(a, mask), c, table);
      storePair(to, low, Integers.whole(layout, v128.and(b, mask), d, table));
      const bitsA = hasFifthBit ? i16x8.shl(c, 4) : c;
      const bitsB = hasFifthBit ? i16x8.shl(d, 4) : d;
      const high = Integers.whole(layout, Integers.upper(a, mask), bitsA, table);
      storePair(to + 128, high, Integers.whole(layout, Integers.upper(b, mask), bitsB, table));
      if (hasFifthBit) {
        c = i16x8.shr_u(c, 1);
        d = i16x8.shr_u(d, 1);
      }
      to += 32;
    }
  }
}
