/**
 * Q3_K: integers of three bits, in a plane of two bits and one of the third, with scales of 16 inputs that
 * are integers of 6 bits of a super-block. One row times one panel, and the decoder to the common form
 * (decode.ts).
 *
 * It takes the bytes of the file, a third of those of the layout of 8 bits with floats as scales that came
 * before. Weights per second over that layout, both in the cache of the core (Zen 4, one thread): one row
 * plain 0.4, relaxed 0.7; eight rows plain 0.93, relaxed 1.13. From memory two threads read either at about
 * the same rate in the relaxed build.
 */
import { storePanel } from "../matmul/tile";
import { storePair } from "../simd";
import { Block } from "./block";
import { Layout } from "./layout";
import { BLOCK_SCALES } from "./rows";
import { Scales } from "./scales";

/** Bytes of a super-block of eight outputs before its integers: half scales, and scales of 6 bits. */
const HEADER: usize = 112;
/** Where the lower and the upper bits of the scales of 6 bits begin. */
const LOWER: usize = 16;
const UPPER: usize = 80;
/** Bytes of 32 inputs of eight outputs. */
const PAIR: usize = 96;
/** Masks are loaded: V8 builds a constant in registers each time it is used. */
const TWO_BITS: usize = memory.data<i32>([0x03030303, 0x03030303, 0x03030303, 0x03030303]);
const THIRD_BIT: usize = memory.data<i32>([0x04040404, 0x04040404, 0x04040404, 0x04040404]);
/** Words of 15, 48 and 32. */
const LOWER_BITS: usize = memory.data<i32>([0x000f000f, 0x000f000f, 0x000f000f, 0x000f000f]);
const UPPER_BITS: usize = memory.data<i32>([0x00300030, 0x00300030, 0x00300030, 0x00300030]);
const ZERO: usize = memory.data<i32>([0x00200020, 0x00200020, 0x00200020, 0x00200020]);

/** As ByteRow.multiply. */
export function threeBitRow(
  out: usize,
  outputs: usize,
  x: usize,
  panel: usize,
  panelBytes: usize,
  bias: usize,
): void {
  let s = bias == 0 ? f32x4.splat(0) : v128.load(bias);
  let t = bias == 0 ? f32x4.splat(0) : v128.load(bias, 16);
  for (const stop = panel + panelBytes; panel < stop; ) {
    const header = panel;
    const scales = Scales.load(Layout.Q3_K, panel);
    const scaleA = Scales.first(Layout.Q3_K, scales);
    const scaleB = Scales.last(Layout.Q3_K, scales);
    panel += HEADER;
    for (let pair: usize = 0; pair < 8; pair++) {
      const scale = x + Block.inputBytes(false);
      const sums = scale + 4;
      const c = v128.load(panel);
      const d = v128.load(panel, 16);
      let start = v128.load_splat<i32>(sums + 4);
      let own = Three.scales(header, pair, 0);
      let a = i32x4.add(start, Block.wide(false, Three.early(x, v128.load(panel, 32), c)));
      let b = i32x4.add(start, Block.wide(false, Three.early(x, v128.load(panel, 48), d)));
      s = Block.add(false, s, a, f32x4.mul(scaleA, Scales.firstIntegers(own)), own, scale, sums);
      t = Block.add(false, t, b, f32x4.mul(scaleB, Scales.lastIntegers(own)), own, scale, sums);
      x += Three.INPUTS;
      start = v128.load_splat<i32>(sums + 12);
      own = Three.scales(header, pair, 1);
      a = i32x4.add(start, Block.wide(false, Three.late(x, v128.load(panel, 64), c)));
      b = i32x4.add(start, Block.wide(false, Three.late(x, v128.load(panel, 80), d)));
      s = Block.add(false, s, a, f32x4.mul(scaleA, Scales.firstIntegers(own)), own, scale, sums);
      t = Block.add(false, t, b, f32x4.mul(scaleB, Scales.lastIntegers(own)), own, scale, sums);
      panel += PAIR;
      x = scale + BLOCK_SCALES;
    }
  }
  storePanel(out, outputs, s, t);
}

/** Decodes panels [panel, stop) to the common form. */
export function decodeThreeBits(to: usize, panel: usize, stop: usize): void {
  while (panel < stop) {
    const header = panel;
    const scales = Scales.load(Layout.Q3_K, panel);
    const scaleA = Scales.first(Layout.Q3_K, scales);
    const scaleB = Scales.last(Layout.Q3_K, scales);
    panel += HEADER;
    for (let pair: usize = 0; pair < 8; pair++) {
      for (let half: usize = 0; half < 32; half += 16) {
        const early = v128.load(panel + half, 32);
        const late = v128.load(panel + half, 64);
        const bits = v128.load(panel + half);
        const at = to + half;
        v128.store(at, Three.integers(early, bits));
        v128.store(at, Three.integers(i16x8.shr_u(early, 2), i16x8.shr_u(bits, 1)), 32);
        v128.store(at, Three.integers(i16x8.shr_u(early, 4), i16x8.shr_u(bits, 2)), 64);
        v128.store(at, Three.integers(i16x8.shr_u(early, 6), i16x8.shr_u(bits, 3)), 96);
        v128.store(at, Three.integers(late, i16x8.shr_u(bits, 4)), 160);
        v128.store(at, Three.integers(i16x8.shr_u(late, 2), i16x8.shr_u(bits, 5)), 192);
        v128.store(at, Three.integers(i16x8.shr_u(late, 4), i16x8.shl(bits, 2)), 224);
        v128.store(at, Three.integers(i16x8.shr_u(late, 6), i16x8.shl(bits, 1)), 256);
      }
      for (let block: usize = 0; block < 2; block++) {
        const own = Three.scales(header, pair, block);
        const first = f32x4.mul(scaleA, Scales.firstIntegers(own));
        storePair(to + 128, first, f32x4.mul(scaleB, Scales.lastIntegers(own)));
        to += 160;
      }
      panel += PAIR;
    }
  }
}

class Three {
  /** Bytes of 16 inputs. */
  static readonly INPUTS: usize = ASC_FEATURE_RELAXED_SIMD ? 16 : 32;

  /** Integers of a group. @param bits with the third bit in place */
  @inline
  static integers(weights: v128, bits: v128): v128 {
    return v128.or(v128.and(weights, v128.load(TWO_BITS)), v128.and(bits, v128.load(THIRD_BIT)));
  }

  /**
   * Sums of the products of the first 16 of 32 inputs with the weights of four outputs, as in Block.words.
   */
  @inline
  static early(x: usize, weights: v128, bits: v128): v128 {
    let sum = Block.firstWords(x, 16, Three.integers(weights, bits));
    let next = Three.integers(i16x8.shr_u(weights, 2), i16x8.shr_u(bits, 1));
    sum = Block.words(false, x + 4, 16, next, sum);
    next = Three.integers(i16x8.shr_u(weights, 4), i16x8.shr_u(bits, 2));
    sum = Block.words(false, x + 8, 16, next, sum);
    next = Three.integers(i16x8.shr_u(weights, 6), i16x8.shr_u(bits, 3));
    return Block.words(false, x + 12, 16, next, sum);
  }

  /** As `early`, of the other 16 inputs. */
  @inline
  static late(x: usize, weights: v128, bits: v128): v128 {
    let sum = Block.firstWords(x, 16, Three.integers(weights, i16x8.shr_u(bits, 4)));
    let next = Three.integers(i16x8.shr_u(weights, 2), i16x8.shr_u(bits, 5));
    sum = Block.words(false, x + 4, 16, next, sum);
    next = Three.integers(i16x8.shr_u(weights, 4), i16x8.shl(bits, 2));
    sum = Block.words(false, x + 8, 16, next, sum);
    next = Three.integers(i16x8.shr_u(weights, 6), i16x8.shl(bits, 1));
    return Block.words(false, x + 12, 16, next, sum);
  }

  /** Integer scales of eight outputs, as words, of block 0 or 1 of a pair. */
  @inline
  static scales(header: usize, pair: usize, block: usize): v128 {
    const lower = v128.load_ext<u8>(header + (pair << 3) + LOWER);
    const low = block == 0 ? v128.and(lower, v128.load(LOWER_BITS)) : i16x8.shr_u(lower, 4);
    const upper = v128.load_ext<u8>(header + ((pair >> 1) << 3) + UPPER);
    const places = i16x8.shr_u(i16x8.shl(upper, 4), <i32>(((pair & 1) << 2) + (block << 1)));
    return i16x8.sub(v128.or(low, v128.and(places, v128.load(UPPER_BITS))), v128.load(ZERO));
  }
}
