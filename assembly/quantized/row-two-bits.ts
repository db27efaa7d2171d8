/**
 * Q2_K: integers of two bits, with scales and mins of 16 inputs that are integers of a super-block. One row
 * times one panel, and the decoder to the common form (decode.ts).
 *
 * Weights per second of one row, over the layout of 8 bits with floats as scales, which takes 4.6 times the
 * bytes: relaxed 1.1, plain 0.6 where both lie in the cache of the processor (Zen 4, one thread).
 */
import { storePanel } from "../matmul/tile";
import { halves } from "../packing/half";
import { storePair } from "../simd";
import { Block } from "./block";
import { BLOCK_SCALES } from "./rows";

/** Masks are loaded: V8 builds a constant in registers each time it is used. */
const TWO_BITS: usize = memory.data<i32>([0x03030303, 0x03030303, 0x03030303, 0x03030303]);
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
    const scaleA = halves(panel);
    const scaleB = halves(panel + 8);
    const minA = f32x4.neg(halves(panel + 16));
    const minB = f32x4.neg(halves(panel + 24));
    panel += HEADER;
    for (const last = panel + 16 * BLOCK_BYTES; panel < last; ) {
      const scale = x + Block.inputBytes(false);
      for (let sums = scale + 4; sums < scale + BLOCK_SCALES; sums += 8) {
        const start = v128.load_splat<i32>(sums + 4);
        const a = i32x4.add(start, Block.wide(false, Two.products(x, v128.load(panel), mask)));
        const b = i32x4.add(start, Block.wide(false, Two.products(x, v128.load(panel, 16), mask)));
        const ownA = f32x4.mul(scaleA, Two.scales(panel + 32));
        const ownB = f32x4.mul(scaleB, Two.scales(panel + 36));
        s = Block.add(true, s, a, ownA, f32x4.mul(minA, Two.mins(panel + 32)), scale, sums);
        t = Block.add(true, t, b, ownB, f32x4.mul(minB, Two.mins(panel + 36)), scale, sums);
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
    const scaleA = halves(panel);
    const scaleB = halves(panel + 8);
    const minA = f32x4.neg(halves(panel + 16));
    const minB = f32x4.neg(halves(panel + 24));
    panel += HEADER;
    for (const last = panel + 16 * BLOCK_BYTES; panel < last; panel += BLOCK_BYTES) {
      const a = v128.load(panel);
      const b = v128.load(panel, 16);
      for (let bit = 0; bit < 8; bit += 2) {
        storePair(to, v128.and(i16x8.shr_u(a, bit), mask), v128.and(i16x8.shr_u(b, bit), mask));
        to += 32;
      }
      const scales = f32x4.mul(scaleA, Two.scales(panel + 32));
      storePair(to, scales, f32x4.mul(scaleB, Two.scales(panel + 36)));
      const mins = f32x4.mul(minA, Two.mins(panel + 32));
      storePair(to + 32, mins, f32x4.mul(minB, Two.mins(panel + 36)));
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
    let sum = i32x4.splat(0);
    sum = Block.words(false, x, 16, v128.and(weights, mask), sum);
    sum = Block.words(false, x + 4, 16, v128.and(i16x8.shr_u(weights, 2), mask), sum);
    sum = Block.words(false, x + 8, 16, v128.and(i16x8.shr_u(weights, 4), mask), sum);
    return Block.words(false, x + 12, 16, v128.and(i16x8.shr_u(weights, 6), mask), sum);
  }

  @inline
  static scales(address: usize): v128 {
    return f32x4.convert_i32x4_s(v128.and(Two.bytes(address), i32x4.splat(15)));
  }

  @inline
  static mins(address: usize): v128 {
    return f32x4.convert_i32x4_s(i32x4.shr_u(Two.bytes(address), 4));
  }

  @inline
  static bytes(address: usize): v128 {
    return i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(v128.load32_zero(address)));
  }
}
