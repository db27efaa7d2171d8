/**
 * One row times one panel of Q6_K: nibbles with two upper bits, and scales of 16 inputs that are integers of
 * a super-block. Words of 16 bits hold the products of two groups: 2 * 127 * 2 * 63 < 2^15.
 */
import { storePanel } from "../matmul/tile";
import { Block } from "./block";
import { Integers } from "./integers";
import { Layout } from "./layout";
import { BLOCK_SCALES } from "./rows";
import { Scales } from "./scales";

/** As ByteRow.multiply. */
export function sixBitRow(
  out: usize,
  outputs: usize,
  x: usize,
  panel: usize,
  panelBytes: usize,
  bias: usize,
): void {
  const mask = Integers.mask();
  const table = Integers.table(Layout.Q6_K);
  let s = bias == 0 ? f32x4.splat(0) : v128.load(bias);
  let t = bias == 0 ? f32x4.splat(0) : v128.load(bias, 16);
  for (const stop = panel + panelBytes; panel < stop; ) {
    const scales = Scales.load(Layout.Q6_K, panel);
    const scaleA = Scales.first(Layout.Q6_K, scales);
    const scaleB = Scales.last(Layout.Q6_K, scales);
    panel += 16;
    for (const last = panel + (208 << 3); panel < last; panel += 80) {
      const scale = x + Block.inputBytes(false);
      const sums = scale + 4;
      let a0 = v128.load_splat<i32>(sums + 4);
      let b0 = a0;
      let a1 = v128.load_splat<i32>(sums + 12);
      let b1 = a1;
      let c = v128.load(panel, 128);
      let d = v128.load(panel, 144);
      let e = v128.load(panel, 160);
      let f = v128.load(panel, 176);
      for (const end = panel + 128; panel < end; panel += 64) {
        let a = v128.load(panel);
        let b = v128.load(panel, 16);
        const zero = i32x4.splat(0);
        let low = Block.words(
          false,
          x,
          16,
          Six.bits(v128.and(a, mask), c, table),
          ASC_FEATURE_RELAXED_SIMD ? zero : a0,
        );
        let lowB = Block.words(
          false,
          x,
          16,
          Six.bits(v128.and(b, mask), d, table),
          ASC_FEATURE_RELAXED_SIMD ? zero : b0,
        );
        let high = Block.words(
          false,
          x + Six.NEXT,
          16,
          Six.bits(Integers.upper(a, mask), e, table),
          ASC_FEATURE_RELAXED_SIMD ? zero : a1,
        );
        let highB = Block.words(
          false,
          x + Six.NEXT,
          16,
          Six.bits(Integers.upper(b, mask), f, table),
          ASC_FEATURE_RELAXED_SIMD ? zero : b1,
        );
        a = v128.load(panel, 32);
        b = v128.load(panel, 48);
        low = Block.words(false, x + 4, 16, Six.bits(v128.and(a, mask), i16x8.shr_u(c, 2), table), low);
        lowB = Block.words(false, x + 4, 16, Six.bits(v128.and(b, mask), i16x8.shr_u(d, 2), table), lowB);
        high = Block.words(
          false,
          x + Six.NEXT + 4,
          16,
          Six.bits(Integers.upper(a, mask), i16x8.shr_u(e, 2), table),
          high,
        );
        highB = Block.words(
          false,
          x + Six.NEXT + 4,
          16,
          Six.bits(Integers.upper(b, mask), i16x8.shr_u(f, 2), table),
          highB,
        );
        if (ASC_FEATURE_RELAXED_SIMD) {
          a0 = i32x4.add(a0, Block.wide(false, low));
          b0 = i32x4.add(b0, Block.wide(false, lowB));
          a1 = i32x4.add(a1, Block.wide(false, high));
          b1 = i32x4.add(b1, Block.wide(false, highB));
        } else {
          a0 = low;
          b0 = lowB;
          a1 = high;
          b1 = highB;
        }
        c = i16x8.shl(c, 4);
        d = i16x8.shl(d, 4);
        e = i16x8.shl(e, 4);
        f = i16x8.shl(f, 4);
        x += 8;
      }
      const nearest = Scales.integers(Layout.Q6_K, panel + 64);
      const near = f32x4.mul(scaleA, Scales.firstIntegers(nearest));
      const nearB = f32x4.mul(scaleB, Scales.lastIntegers(nearest));
      s = Block.add(false, s, a0, near, near, scale, sums);
      t = Block.add(false, t, b0, nearB, nearB, scale, sums);
      const farthest = Scales.integers(Layout.Q6_K, panel + 72);
      const far = f32x4.mul(scaleA, Scales.firstIntegers(farthest));
      const farB = f32x4.mul(scaleB, Scales.lastIntegers(farthest));
      s = Block.add(false, s, a1, far, far, scale, sums);
      t = Block.add(false, t, b1, farB, farB, scale, sums);
      x = scale + BLOCK_SCALES;
    }
  }
  storePanel(out, outputs, s, t);
}

class Six {
  /** Bytes of the inputs of one of two blocks of 16. */
  static readonly NEXT: usize = ASC_FEATURE_RELAXED_SIMD ? 16 : 32;

  @inline
  static bits(nibbles: v128, bits: v128, table: v128): v128 {
    return Integers.whole(Layout.Q6_K, nibbles, bits, table);
  }
}
