/**
 * The tile of products with quantized weights: four rows times one panel of eight outputs.
 *
 * It reads the common form (decode.ts) of weights of all layouts. Callers pass constants for `block`,
 * `hasMin` and `isSigned`, and all is inlined.
 *
 * Multiply-adds per second of four rows, as a multiple of the f32 tile of the same build, on a Zen 5 core in
 * cache:
 *
 *   plain, Node 20                          1.45   limited by vector arithmetic: 17 instructions and the scales
 *   relaxed, dots, Node 24, AVX-VNNI        2.3
 *   relaxed, dots, without AVX-VNNI         1.1    0.8 of the plain build
 *
 * Where dots are no single instruction, pairs (block.ts) take their place. 16 rows with decoding, on Zen 4,
 * over the same with dots: Q4_0 1.39, Q4_K 1.35, Q5_K 1.26, Q6_K 1.05, whose words hold two groups only.
 *
 * Tried, with the speed relative to this code (some only in a loop of its own, with 8 bits):
 *
 *   plain: five rows                        0.85   the sums no longer fit the registers
 *   plain: all parts of a group in a turn   0.9    V8 puts all loads of a turn first, and they do not fit
 *   plain: integers widened to 16 bits      0.95   a shuffle for each eight; of one row 0.88
 *   relaxed: five rows, six rows            1.05, 0.85
 *   sums in memory                          1.0
 *   unrolled by two groups                  0.78
 *   one row: one sum for both groups        0.9    its additions wait for each other
 *   one row: groups of a block unrolled     0.65   two of them 1.0
 *   one row: two panels side by side        1.05   from the cache; 0.5 from memory
 *   all layouts in one function               0.95, relaxed 0.6
 */

import { storePanel } from "../matmul/tile";
import { Block, INPUT_BLOCK } from "./block";
import { Layout } from "./layout";
import { BLOCK_SCALES, QUANTIZED_TILE } from "./rows";
import { Scales } from "./scales";

export class QuantizedTile {
  /**
   * out[r][o] = bias[o] + sum over i of x[r][i] * panel[i][o], for the rows r < QUANTIZED_TILE and
   * outputs o < 8 that exist.
   *
   * @param out f32, with `outStep` bytes from one row to the next
   * @param outputs that exist; more than 8 count as 8
   * @param x a tile of blocks of quantizeRows
   * @param isHalf whether scales are halves: panels of Q8_0 as they are
   * @param pairs groups whose products are added as pairs (block.ts), or 0. A divisor of those of a block
   * @param panel blocks
   * @param rows that exist, at least 1
   * @param bias f32 [8], or 0 for none
   */
  @inline
  static multiply(
    block: usize,
    hasMin: bool,
    isSigned: bool,
    isHalf: bool,
    pairs: usize,
    out: usize,
    outStep: usize,
    outputs: usize,
    x: usize,
    panel: usize,
    panelBytes: usize,
    rows: usize,
    bias: usize,
  ): void {
    let s0 = bias == 0 ? f32x4.splat(0) : v128.load(bias);
    let t0 = bias == 0 ? f32x4.splat(0) : v128.load(bias, 16);
    let s1 = s0;
    let t1 = t0;
    let s2 = s0;
    let t2 = t0;
    let s3 = s0;
    let t3 = t0;
    for (const stop = panel + panelBytes; panel < stop; ) {
      const scales = x + Block.inputBytes(isSigned) * QUANTIZED_TILE;
      let sums = scales + 16;
      do {
        let a0 = v128.load_splat<i32>(sums + 16);
        let b0 = a0;
        let a1 = v128.load_splat<i32>(sums + 20);
        let b1 = a1;
        let a2 = v128.load_splat<i32>(sums + 24);
        let b2 = a2;
        let a3 = v128.load_splat<i32>(sums + 28);
        let b3 = a3;
        const end = panel + (block << 3);
        if (ASC_FEATURE_RELAXED_SIMD && pairs > 0) {
          for (let group = panel; group < end; ) {
            let p0 = i16x8.splat(0);
            let q0 = p0;
            let p1 = p0;
            let q1 = p0;
            let p2 = p0;
            let q2 = p0;
            let p3 = p0;
            let q3 = p0;
            for (const last = group + (pairs << 5); group < last; group += 32) {
              const wa = v128.load(group);
              const wb = v128.load(group, 16);
              let v = v128.load_splat<i32>(x);
              p0 = Block.pairs(v, wa, p0);
              q0 = Block.pairs(v, wb, q0);
              v = v128.load_splat<i32>(x, 4);
              p1 = Block.pairs(v, wa, p1);
              q1 = Block.pairs(v, wb, q1);
              v = v128.load_splat<i32>(x, 8);
              p2 = Block.pairs(v, wa, p2);
              q2 = Block.pairs(v, wb, q2);
              v = v128.load_splat<i32>(x, 12);
              p3 = Block.pairs(v, wa, p3);
              q3 = Block.pairs(v, wb, q3);
              x += QUANTIZED_TILE << 2;
            }
            a0 = i32x4.add(a0, Block.wide(false, p0));
            b0 = i32x4.add(b0, Block.wide(false, q0));
            a1 = i32x4.add(a1, Block.wide(false, p1));
            b1 = i32x4.add(b1, Block.wide(false, q1));
            a2 = i32x4.add(a2, Block.wide(false, p2));
            b2 = i32x4.add(b2, Block.wide(false, q2));
            a3 = i32x4.add(a3, Block.wide(false, p3));
            b3 = i32x4.add(b3, Block.wide(false, q3));
          }
        } else {
          for (let group = panel; group < end; group += 32) {
            const wa = v128.load(group);
            const wb = v128.load(group, 16);
            let v = v128.load_splat<i32>(x);
            a0 = Block.dot(isSigned, v, wa, a0);
            b0 = Block.dot(isSigned, v, wb, b0);
            v = v128.load_splat<i32>(x, 4);
            a1 = Block.dot(isSigned, v, wa, a1);
            b1 = Block.dot(isSigned, v, wb, b1);
            v = v128.load_splat<i32>(x, 8);
            a2 = Block.dot(isSigned, v, wa, a2);
            b2 = Block.dot(isSigned, v, wb, b2);
            v = v128.load_splat<i32>(x, 12);
            a3 = Block.dot(isSigned, v, wa, a3);
            b3 = Block.dot(isSigned, v, wb, b3);
            x += QUANTIZED_TILE << 2;
          }
        }
        if (Block.hasWords(isSigned)) {
          for (let group = panel; group < end; group += 32) {
            const wa = i16x8.shr_s(v128.load(group), 8);
            const wb = i16x8.shr_s(v128.load(group, 16), 8);
            let v = v128.load_splat<i32>(x);
            a0 = Block.dot(isSigned, v, wa, a0);
            b0 = Block.dot(isSigned, v, wb, b0);
            v = v128.load_splat<i32>(x, 4);
            a1 = Block.dot(isSigned, v, wa, a1);
            b1 = Block.dot(isSigned, v, wb, b1);
            v = v128.load_splat<i32>(x, 8);
            a2 = Block.dot(isSigned, v, wa, a2);
            b2 = Block.dot(isSigned, v, wb, b2);
            v = v128.load_splat<i32>(x, 12);
            a3 = Block.dot(isSigned, v, wa, a3);
            b3 = Block.dot(isSigned, v, wb, b3);
            x += QUANTIZED_TILE << 2;
          }
        }
        panel = end;
        const own = v128.load(panel);
        const scaleA = isHalf ? Scales.first(Layout.Q8_0, own) : own;
        const scaleB = isHalf ? Scales.last(Layout.Q8_0, own) : v128.load(panel, 16);
        const minA = hasMin ? v128.load(panel, 32) : scaleA;
        const minB = hasMin ? v128.load(panel, 48) : scaleB;
        s0 = Block.add(hasMin, s0, a0, scaleA, minA, scales, sums);
        t0 = Block.add(hasMin, t0, b0, scaleB, minB, scales, sums);
        s1 = Block.add(hasMin, s1, a1, scaleA, minA, scales + 4, sums + 4);
        t1 = Block.add(hasMin, t1, b1, scaleB, minB, scales + 4, sums + 4);
        s2 = Block.add(hasMin, s2, a2, scaleA, minA, scales + 8, sums + 8);
        t2 = Block.add(hasMin, t2, b2, scaleB, minB, scales + 8, sums + 8);
        s3 = Block.add(hasMin, s3, a3, scaleA, minA, scales + 12, sums + 12);
        t3 = Block.add(hasMin, t3, b3, scaleB, minB, scales + 12, sums + 12);
        panel += hasMin ? 64 : isHalf ? 16 : 32;
        sums += 32;
      } while (block < INPUT_BLOCK && x < scales);
      x = scales + BLOCK_SCALES * QUANTIZED_TILE;
    }
    storePanel(out, outputs, s0, t0);
    if (rows > 1) storePanel(out + outStep, outputs, s1, t1);
    if (rows > 2) storePanel(out + 2 * outStep, outputs, s2, t2);
    if (rows > 3) storePanel(out + 3 * outStep, outputs, s3, t3);
  }
}
