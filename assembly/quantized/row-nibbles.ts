/**
 * One row times one panel of nibbles, with or without a fifth bit, with scales in half precision or as
 * integers of a super-block (layout.ts).
 *
 * The relaxed build adds the products of 8 inputs (4 with a fifth bit) in words of 16 bits:
 * 8 * 127 * 2 * 15 < 2^15. That is two instructions for 16 products where
 * i32x4.relaxed_dot_i8x16_i7x16_add_s is three on processors without AVX-VNNI.
 *
 * Weights per second of one row of 2048 inputs from memory, over those of the layouts with floats as scales
 * and 4 or 8 bits that came before (Zen 4, Node 24, the least of many slices):
 *
 *             Q8_0   Q4_0   Q4_1   Q5_0   Q5_1   MXFP4   Q4_K   Q5_K
 *   plain     1.5    1.7    1.6    1.15   1.1    0.6     1.8    1.2
 *   relaxed   1.5    1.6    1.4    1.4    1.0    1.6     1.6    1.0
 *
 * IQ4_NL and IQ4_XS take half the bytes of 8 bits with floats as scales. One thread that finds them in the
 * cache of the processor waits for arithmetic: 0.65 of the weights per second in the plain build, 0.8 in the
 * relaxed one. Their numbers have a sign, so their products are those of words, and a lookup costs an xor
 * more.
 *
 * The plain build looks up numbers of MXFP4 in a table: i8x16.swizzle is slow there. Q5_1 and Q5_K no longer
 * wait for memory: a fifth bit costs three instructions for 16 weights, as much as the bytes saved.
 *
 * Tried in the relaxed build, the 32 inputs of four outputs without a loop, then those of the other four:
 * fewer additions and no counter, but the inputs are loaded twice. Speed relative to this code: Q4_0 1.01,
 * Q4_1 0.91, Q4_K 0.98.
 */
import { storePanel } from "../matmul/tile";
import { Block } from "./block";
import { Integers } from "./integers";
import { Layout, Layouts } from "./layout";
import { BLOCK_SCALES } from "./rows";
import { Scales } from "./scales";

export class NibbleRow {
  /** As ByteRow.multiply. */
  @inline
  static multiply(
    layout: Layout,
    out: usize,
    outputs: usize,
    x: usize,
    panel: usize,
    panelBytes: usize,
    bias: usize,
  ): void {
    const hasFifthBit = Layouts.hasFifthBit(layout);
    const isSuper = Layouts.isSuper(layout);
    const hasMin = Layouts.hasMin(layout);
    const isSigned = Layouts.isSigned(layout);
    const header: usize = hasMin ? 32 : 16;
    const bytes: usize = isSuper ? header >> 1 : layout == Layout.MXFP4 ? 8 : header;
    const blockBytes: usize = 128 + (hasFifthBit ? 32 : 0) + bytes;
    const hasPairs = !Block.hasWords(isSigned);
    const mask = Integers.mask();
    const table = Integers.table(layout);
    const inverted = isSigned ? Integers.inverted() : mask;
    let s = bias == 0 ? f32x4.splat(0) : v128.load(bias);
    let t = bias == 0 ? f32x4.splat(0) : v128.load(bias, 16);
    for (const stop = panel + panelBytes; panel < stop; ) {
      const scales = isSuper ? Scales.load(layout, panel) : mask;
      const scaleA = isSuper ? Scales.first(layout, scales) : mask;
      const scaleB = isSuper ? Scales.last(layout, scales) : mask;
      const mins = isSuper && hasMin ? Scales.load(layout, panel + 16) : mask;
      const leastA = isSuper && hasMin ? f32x4.neg(Scales.first(layout, mins)) : mask;
      const leastB = isSuper && hasMin ? f32x4.neg(Scales.last(layout, mins)) : mask;
      if (isSuper) panel += header;
      for (const last = isSuper ? panel + (blockBytes << 3) : stop; panel < last; panel += bytes) {
        const scale = x + Block.inputBytes(isSigned);
        const sums = scale + 4;
        let a0 = hasPairs ? i32x4.splat(0) : v128.load_splat<i32>(sums + 4);
        let b0 = a0;
        let a1 = i32x4.splat(0);
        let b1 = a1;
        let c = hasFifthBit ? v128.load(panel, 128) : inverted;
        let d = hasFifthBit ? v128.load(panel, 144) : inverted;
        for (const end = panel + 128; panel < end; panel += 32) {
          const a = v128.load(panel);
          const b = v128.load(panel, 16);
          if (Layouts.hasNibbleWords(layout)) {
            let v = v128.load_splat<i32>(x);
            a0 = Block.dot(false, v, a, a0);
            b0 = Block.dot(false, v, b, b0);
            v = v128.load_splat<i32>(x, 16);
            a1 = Block.dot(false, v, i16x8.shr_s(a, 4), a1);
            b1 = Block.dot(false, v, i16x8.shr_s(b, 4), b1);
            v = v128.load_splat<i32>(x, 32);
            a0 = Block.dot(false, v, i16x8.shr_s(a, 8), a0);
            b0 = Block.dot(false, v, i16x8.shr_s(b, 8), b0);
            v = v128.load_splat<i32>(x, 48);
            a1 = Block.dot(false, v, i16x8.shr_s(a, 12), a1);
            b1 = Block.dot(false, v, i16x8.shr_s(b, 12), b1);
          } else {
            const lowA = Integers.whole(layout, v128.and(a, mask), c, table);
            const lowB = Integers.whole(layout, v128.and(b, mask), d, table);
            const bitsA = hasFifthBit ? i16x8.shl(c, 4) : c;
            const bitsB = hasFifthBit ? i16x8.shl(d, 4) : d;
            const highA = Integers.whole(layout, Integers.upper(a, mask), bitsA, table);
            const highB = Integers.whole(layout, Integers.upper(b, mask), bitsB, table);
            a0 = Block.words(isSigned, x, 32, lowA, a0);
            b0 = Block.words(isSigned, x, 32, lowB, b0);
            a1 = Block.words(isSigned, x + 16, 32, highA, a1);
            b1 = Block.words(isSigned, x + 16, 32, highB, b1);
            if (hasFifthBit) {
              c = i16x8.shr_u(c, 1);
              d = i16x8.shr_u(d, 1);
            }
          }
          x += 4;
        }
        if (hasFifthBit) panel += 32;
        if (hasPairs) {
          const start = v128.load_splat<i32>(sums + 4);
          if (!hasFifthBit && !Layouts.hasTable(layout)) {
            a0 = i32x4.add(start, Block.wide(isSigned, i16x8.add(a0, a1)));
            b0 = i32x4.add(start, Block.wide(isSigned, i16x8.add(b0, b1)));
          } else {
            a0 = i32x4.add(start, i32x4.add(Block.wide(isSigned, a0), Block.wide(isSigned, a1)));
            b0 = i32x4.add(start, i32x4.add(Block.wide(isSigned, b0), Block.wide(isSigned, b1)));
          }
        } else {
          a0 = i32x4.add(a0, a1);
          b0 = i32x4.add(b0, b1);
        }
        const own = isSuper ? Scales.integers(layout, panel) : Scales.load(layout, panel);
        const ownA = isSuper ? f32x4.mul(scaleA, Scales.firstIntegers(own)) : Scales.first(layout, own);
        const ownB = isSuper ? f32x4.mul(scaleB, Scales.lastIntegers(own)) : Scales.last(layout, own);
        let minA = ownA;
        let minB = ownB;
        if (hasMin) {
          const least = isSuper ? Scales.integers(layout, panel + 8) : Scales.load(layout, panel + 16);
          minA = isSuper ? f32x4.mul(leastA, Scales.firstIntegers(least)) : Scales.first(layout, least);
          minB = isSuper ? f32x4.mul(leastB, Scales.lastIntegers(least)) : Scales.last(layout, least);
        }
        s = Block.add(hasMin, s, a0, ownA, minA, scale, sums);
        t = Block.add(hasMin, t, b0, ownB, minB, scale, sums);
        x = scale + BLOCK_SCALES;
      }
    }
    storePanel(out, outputs, s, t);
  }
}
