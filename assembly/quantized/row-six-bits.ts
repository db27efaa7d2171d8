/**
 * Q6_K: integers of six bits, with scales of 16 inputs that are integers of a super-block. One row times one
 * panel, and the decoder to the common form (decode.ts).
 *
 * Three bytes hold four integers. The lower six bits of the bytes of groups 0, 1 and 2 are their own. The two
 * upper bits of each are chosen such that the shifted groups, added without carry, give group 3 (layout.ts).
 * So 64 integers take 9 instructions. Nibbles beside a plane of two bits took 18, and masks for the parts of
 * group 3 would take 11. Words of 16 bits hold the products of two groups: 2 * 127 * 2 * 63 < 2^15.
 *
 * Weights per second of one row over those of nibbles beside a plane (Zen 4, one thread, the least of many
 * slices): relaxed 1.4 from the cache and from memory, plain 1.14 from the cache.
 */
import { storePanel } from "../matmul/tile";
import { storePair } from "../simd";
import { Block } from "./block";
import { Layout } from "./layout";
import { BLOCK_SCALES } from "./rows";
import { Scales } from "./scales";

/** The mask is loaded: V8 builds a constant in registers each time it is used. */
const SIX_BITS: usize = memory.data<i32>([0x3f3f3f3f, 0x3f3f3f3f, 0x3f3f3f3f, 0x3f3f3f3f]);
/** Bytes of 16 inputs of eight outputs, and of 32 with their scales. */
const INTEGERS: usize = 96;
const PAIR: usize = 208;
/** Bytes of the integers and scales of a super-block of eight outputs. */
const SUPER_BLOCK: usize = PAIR << 3;

/** As ByteRow.multiply. */
export function sixBitRow(
  out: usize,
  outputs: usize,
  x: usize,
  panel: usize,
  panelBytes: usize,
  bias: usize,
): void {
  const mask = v128.load(SIX_BITS);
  let s = bias == 0 ? f32x4.splat(0) : v128.load(bias);
  let t = bias == 0 ? f32x4.splat(0) : v128.load(bias, 16);
  for (const stop = panel + panelBytes; panel < stop; ) {
    const scales = Scales.load(Layout.Q6_K, panel);
    const scaleA = Scales.first(Layout.Q6_K, scales);
    const scaleB = Scales.last(Layout.Q6_K, scales);
    panel += 16;
    for (const last = panel + SUPER_BLOCK; panel < last; panel += 16) {
      const scale = x + Block.inputBytes(false);
      let own = panel + 2 * INTEGERS;
      for (let sums = scale + 4; sums < scale + BLOCK_SCALES; sums += 8) {
        const start = v128.load_splat<i32>(sums + 4);
        const a = Six.products(x, panel, mask, start);
        const b = Six.products(x, panel + 16, mask, start);
        const integers = Scales.integers(Layout.Q6_K, own);
        const ownA = f32x4.mul(scaleA, Scales.firstIntegers(integers));
        const ownB = f32x4.mul(scaleB, Scales.lastIntegers(integers));
        s = Block.add(false, s, a, ownA, ownA, scale, sums);
        t = Block.add(false, t, b, ownB, ownB, scale, sums);
        own += 8;
        panel += INTEGERS;
        x += Six.INPUTS;
      }
      x = scale + BLOCK_SCALES;
    }
  }
  storePanel(out, outputs, s, t);
}

/** Decodes panels [panel, stop) to the common form. */
export function decodeSixBits(to: usize, panel: usize, stop: usize): void {
  const mask = v128.load(SIX_BITS);
  while (panel < stop) {
    const scales = Scales.load(Layout.Q6_K, panel);
    const scaleA = Scales.first(Layout.Q6_K, scales);
    const scaleB = Scales.last(Layout.Q6_K, scales);
    panel += 16;
    for (const last = panel + SUPER_BLOCK; panel < last; panel += 16) {
      let own = panel + 2 * INTEGERS;
      for (const end = own; panel < end; panel += INTEGERS) {
        for (let i: usize = 0; i < 32; i += 16) {
          const a = v128.load(panel + i);
          const b = v128.load(panel + i, 32);
          const c = v128.load(panel + i, 64);
          v128.store(to + i, v128.and(a, mask));
          v128.store(to + i, v128.and(b, mask), 32);
          v128.store(to + i, v128.and(c, mask), 64);
          v128.store(to + i, Six.fourth(a, b, c, mask), 96);
        }
        const integers = Scales.integers(Layout.Q6_K, own);
        const ownA = f32x4.mul(scaleA, Scales.firstIntegers(integers));
        storePair(to + 128, ownA, f32x4.mul(scaleB, Scales.lastIntegers(integers)));
        own += 8;
        to += 160;
      }
    }
  }
}

class Six {
  /** Bytes of 16 inputs. */
  static readonly INPUTS: usize = ASC_FEATURE_RELAXED_SIMD ? 16 : 32;

  /** start + products of 16 inputs with the weights of four outputs. */
  @inline
  static products(x: usize, panel: usize, mask: v128, start: v128): v128 {
    const a = v128.load(panel);
    const b = v128.load(panel, 32);
    const c = v128.load(panel, 64);
    const first = Six.pair(x, v128.and(a, mask), v128.and(b, mask), start);
    return Six.pair(x + 8, v128.and(c, mask), Six.fourth(a, b, c, mask), first);
  }

  /** The fourth group. */
  @inline
  static fourth(a: v128, b: v128, c: v128, mask: v128): v128 {
    const upper = v128.xor(i16x8.shr_u(a, 2), i16x8.shr_u(b, 4));
    return v128.and(v128.xor(upper, i16x8.shr_u(c, 6)), mask);
  }

  /** sum + products of two groups. */
  @inline
  static pair(x: usize, first: v128, second: v128, sum: v128): v128 {
    if (ASC_FEATURE_RELAXED_SIMD) {
      const words = Block.firstWords(x, 16, first);
      return i32x4.add(sum, Block.wide(false, Block.pairs(v128.load_splat<i32>(x, 4), second, words)));
    }
    return Block.dots(false, x + 4, 16, second, Block.dots(false, x, 16, first, sum));
  }
}
