/**
 * Q2_K: integers of two bits, with scales and mins of 16 inputs that are integers of a super-block. One row
 * times one panel, and the decoder to the common form (decode.ts).
 *
 * Weights per second of one row, over the layout of 8 bits with floats as scales, which takes 4.6 times the
 * bytes: relaxed 1.1, plain 0.6 where both lie in the cache of the processor (Zen 4, one thread).
 */
import { storePanel } from "../matmul/tile";
import { storePair } from "../simd";
import { Block } from "./block";
import { Layout } from "./layout";
import { BLOCK_SCALES } from "./rows";
import { Scales } from "./scales";

/** Masks are loaded: V8 builds a constant in registers each time it is used. */
const TWO_BITS: usize = memory.data<i32>([0x03030303, 0x03030303, 0x03030303, 0x03030303]);
/** Words of 15. */
const LOWER_BITS: usize = memory.data<i32>([0x000f000f, 0x000f000f, 0x000f000f, 0x000f000f]);
/** Bytes of scales and mins of a super-block of eight outputs, and of each of its 16 blocks. */
const HEADER: usize = 32;
const BLOCK_BYTES: usize = 40;

/** As ByteRow.multiply. */
export function twoBitRow(
  out: usize,
  outputs: usize,
  x: usize,
  panel: usize,
  panelBytes: usize,
  bias: usize,
): void {
  const mask = v128.load(TWO_BITS);
  let s = bias == 0 ? f32x4.splat(0) : v128.load(bias);
  let t = bias == 0 ? f32x4.splat(0) : v128.load(bias, 16);
  for (const stop = panel + panelBytes; panel < stop; ) {
    const scales = Scales.load(Layout.Q2_K, panel);
    const scaleA = Scales.first(Layout.Q2_K, scales);
    const scaleB = Scales.last(Layout.Q2_K, scales);
    const mins = Scales.load(Layout.Q2_K, panel + 16);
    const minA = f32x4.neg(Scales.first(Layout.Q2_K, mins));
    const minB = f32x4.neg(Scales.last(Layout.Q2_K, mins));
    panel += HEADER;
    for (const last = panel + 16 * BLOCK_BYTES; panel < last; ) {
      const scale = x + Block.inputBytes(false);
      for (let sums = scale + 4; sums < scale + BLOCK_SCALES; sums += 8) {
        const start = v128.load_splat<i32>(sums + 4);
        const a = i32x4.add(start, Block.wide(false, Two.products(x, v128.load(panel), mask)));
        const b = i32x4.add(start, Block.wide(false, Two.products(x, v128.load(panel, 16), mask)));
        const own = Two.scales(panel + 32);
        const least = Two.mins(panel + 32);
        const ownA = f32x4.mul(scaleA, Scales.firstIntegers(own));
        const ownB = f32x4.mul(scaleB, Scales.lastIntegers(own));
        s = Block.add(true, s, a, ownA, f32x4.mul(minA, Scales.firstIntegers(least)), scale, sums);
        t = Block.add(true, t, b, ownB, f32x4.mul(minB, Scales.lastIntegers(least)), scale, sums);
        panel += BLOCK_BYTES;
        x += Two.INPUTS;
      }
      x = scale + BLOCK_SCALES;
    }
  }
  storePanel(out, outputs, s, t);
}

/** Decodes panels [panel, stop) to the common form. */
export function decodeTwoBits(to: usize, panel: usize, stop: usize): void {
  const mask = v128.load(TWO_BITS);
  while (panel < stop) {
    const scales = Scales.load(Layout.Q2_K, panel);
    const scaleA = Scales.first(Layout.Q2_K, scales);
    const scaleB = Scales.last(Layout.Q2_K, scales);
    const mins = Scales.load(Layout.Q2_K, panel + 16);
    const minA = f32x4.neg(Scales.first(Layout.Q2_K, mins));
    const minB = f32x4.neg(Scales.last(Layout.Q2_K, mins));
    panel += HEADER;
    for (const last = panel + 16 * BLOCK_BYTES; panel < last; panel += BLOCK_BYTES) {
      const a = v128.load(panel);
      const b = v128.load(panel, 16);
      for (let bit = 0; bit < 8; bit += 2) {
        storePair(to, v128.and(i16x8.shr_u(a, bit), mask), v128.and(i16x8.shr_u(b, bit), mask));
        to += 32;
      }
      const own = Two.scales(panel + 32);
      const ownA = f32x4.mul(scaleA, Scales.firstIntegers(own));
      storePair(to, ownA, f32x4.mul(scaleB, Scales.lastIntegers(own)));
      const least = Two.mins(panel + 32);
      const leastA = f32x4.mul(minA, Scales.firstIntegers(least));
      storePair(to + 32, leastA, f32x4.mul(minB, Scales.lastIntegers(least)));
      to += 64;
    }
  }
}

class Two {
  /** Bytes of 16 inputs. */
  static readonly INPUTS: usize = ASC_FEATURE_RELAXED_SIMD ? 16 : 32;

  /** Sums of the products of 16 inputs with the weights of four outputs, as in Block.words. */
  @inline
  static products(x: usize, weights: v128, mask: v128): v128 {
    let sum = Block.firstWords(x, 16, v128.and(weights, mask));
    sum = Block.words(false, x + 4, 16, v128.and(i16x8.shr_u(weights, 2), mask), sum);
    sum = Block.words(false, x + 8, 16, v128.and(i16x8.shr_u(weights, 4), mask), sum);
    return Block.words(false, x + 12, 16, v128.and(i16x8.shr_u(weights, 6), mask), sum);
  }

  /** Integer scales of eight outputs, as words. */
  @inline
  static scales(address: usize): v128 {
    return v128.and(v128.load_ext<u8>(address), v128.load(LOWER_BITS));
  }

  /** Integer mins of eight outputs, as words. */
  @inline
  static mins(address: usize): v128 {
    return i16x8.shr_u(v128.load_ext<u8>(address), 4);
  }
}
