/**
 * The tile that products with quantized weights are made of: one row or four times one panel of eight outputs.
 *
 * One source for all forms of weights and both builds: `bits`, `block`, `hasMin` and `tile` are constants wherever a method is
 * called, and all is inlined.
 *
 * Multiply-adds per second of four rows against the f32 tile of the same build, on a Zen 5 core in cache:
 *
 *                                          8 bits   4 bits
 *   plain, Node 20                          1.4      1.4    bound, by count, by vector arithmetic: 18 instructions and the scales
 *   relaxed, Node 24, AVX-VNNI              2.3      2.6
 *   relaxed, Node 24, without AVX-VNNI      1.1      1.3    of 8 bits 0.8 of the plain build
 *
 * What was tried, against what is here (some of it only in a loop of its own, for 8 bits):
 *
 *   plain: five rows                        0.85   the sums no longer fit the registers
 *   plain: four inputs to a group           0.8    V8 puts all loads of a turn first, and they do not fit
 *   plain: nibbles by mask                  0.75   the mask takes a register
 *   relaxed: five rows, six rows            1.05, 0.85
 *   sums in memory                          1.0
 *   one row: one sum for both groups        0.9    its additions wait for each other
 *   one row: groups of a block unrolled     0.65
 *   one row: two panels side by side        1.05   from the cache; 0.5 from memory
 *   all forms in one function               0.95, relaxed 0.6
 */
import { BLOCK_INTEGERS, GROUP, INPUT_BLOCK, OFFSET } from "./quantized-rows";
import { madd } from "./simd";
import { storePanel } from "./tile";

export class QuantizedTile {
  /**
   * out[r][o] = bias[o] + sum over i of x[r][i] * panel[i][o], for the rows r < tile and the outputs o < 8 that exist.
   *
   * @param tile 1, or QUANTIZED_TILE
   * @param out f32, with `outStep` bytes from one row to the next
   * @param outputs how many exist; more than 8 count as 8
   * @param x a tile of blocks, as quantizeRows leaves them
   * @param panel blocks
   * @param rows how many exist, at least 1
   * @param bias f32 [8], or 0 for none
   */
  @inline
  static multiply(
    bits: usize,
    block: usize,
    hasMin: bool,
    tile: usize,
    out: usize,
    outStep: usize,
    outputs: usize,
    x: usize,
    panel: usize,
    panelBytes: usize,
    rows: usize,
    bias: usize,
  ): void {
    const signed = bits == 8 && (block == 16 || !hasMin);
    let s0 = bias == 0 ? f32x4.splat(0) : v128.load(bias);
    let t0 = bias == 0 ? f32x4.splat(0) : v128.load(bias, 16);
    let s1 = s0;
    let t1 = t0;
    let s2 = s0;
    let t2 = t0;
    let s3 = s0;
    let t3 = t0;
    for (const stop = panel + panelBytes; panel < stop; ) {
      const scales = x + BLOCK_INTEGERS * tile;
      let sums = scales + (tile << 2);
      const lowerSums = sums + (tile << 2);
      do {
        let a0 = Block.start(bits, hasMin, lowerSums);
        let b0 = Block.start(bits, hasMin, sums);
        let a1 = tile > 1 ? Block.start(bits, hasMin, lowerSums + 4) : i32x4.splat(0);
        let b1 = tile > 1 ? Block.start(bits, hasMin, sums + 4) : a1;
        let a2 = tile > 1 ? Block.start(bits, hasMin, lowerSums + 8) : a0;
        let b2 = tile > 1 ? Block.start(bits, hasMin, sums + 8) : b0;
        let a3 = tile > 1 ? Block.start(bits, hasMin, lowerSums + 12) : a0;
        let b3 = tile > 1 ? Block.start(bits, hasMin, sums + 12) : b0;
        let excessA = i32x4.splat(0);
        let excessB = excessA;
        const step = bits * GROUP;
        for (const end = panel + block * bits; panel < end; panel += tile > 1 ? step : step << 1) {
          const wa = Block.lower(bits, panel);
          const wb = Block.upper(bits, panel);
          if (ASC_FEATURE_RELAXED_SIMD && signed) {
            excessA = Block.dot(true, i8x16.splat(OFFSET), wa, excessA);
            excessB = Block.dot(true, i8x16.splat(OFFSET), wb, excessB);
          }
          const v0 = v128.load_splat<i32>(x);
          a0 = Block.dot(signed, v0, wa, a0);
          b0 = Block.dot(signed, v0, wb, b0);
          const v1 = v128.load_splat<i32>(x, 4);
          if (tile > 1) {
            a1 = Block.dot(signed, v1, wa, a1);
            b1 = Block.dot(signed, v1, wb, b1);
            const v2 = v128.load_splat<i32>(x, 8);
            a2 = Block.dot(signed, v2, wa, a2);
            b2 = Block.dot(signed, v2, wb, b2);
            const v3 = v128.load_splat<i32>(x, 12);
            a3 = Block.dot(signed, v3, wa, a3);
            b3 = Block.dot(signed, v3, wb, b3);
            x += tile << 2;
          } else {
            const wc = Block.lower(bits, panel + step);
            const wd = Block.upper(bits, panel + step);
            if (ASC_FEATURE_RELAXED_SIMD && signed) {
              excessA = Block.dot(true, i8x16.splat(OFFSET), wc, excessA);
              excessB = Block.dot(true, i8x16.splat(OFFSET), wd, excessB);
            }
            a1 = Block.dot(signed, v1, wc, a1);
            b1 = Block.dot(signed, v1, wd, b1);
            x += 8;
          }
        }
        if (tile == 1) {
          a0 = i32x4.add(a0, a1);
          b0 = i32x4.add(b0, b1);
        }
        const scaleA = v128.load(panel);
        const scaleB = v128.load(panel, 16);
        const minA = hasMin ? v128.load(panel, 32) : scaleA;
        const minB = hasMin ? v128.load(panel, 48) : scaleB;
        a0 = Block.ofLower(bits, signed, a0, b0, excessA);
        b0 = Block.ofUpper(signed, b0, excessB);
        s0 = Block.add(hasMin, s0, a0, scaleA, minA, scales, sums);
        t0 = Block.add(hasMin, t0, b0, scaleB, minB, scales, sums);
        if (tile > 1) {
          a1 = Block.ofLower(bits, signed, a1, b1, excessA);
          b1 = Block.ofUpper(signed, b1, excessB);
          s1 = Block.add(hasMin, s1, a1, scaleA, minA, scales + 4, sums + 4);
          t1 = Block.add(hasMin, t1, b1, scaleB, minB, scales + 4, sums + 4);
          a2 = Block.ofLower(bits, signed, a2, b2, excessA);
          b2 = Block.ofUpper(signed, b2, excessB);
          s2 = Block.add(hasMin, s2, a2, scaleA, minA, scales + 8, sums + 8);
          t2 = Block.add(hasMin, t2, b2, scaleB, minB, scales + 8, sums + 8);
          a3 = Block.ofLower(bits, signed, a3, b3, excessA);
          b3 = Block.ofUpper(signed, b3, excessB);
          s3 = Block.add(hasMin, s3, a3, scaleA, minA, scales + 12, sums + 12);
          t3 = Block.add(hasMin, t3, b3, scaleB, minB, scales + 12, sums + 12);
        }
        panel += hasMin ? 64 : 32;
        sums = lowerSums;
      } while (block < INPUT_BLOCK && x < scales);
      x = scales + tile * 12;
    }
    storePanel(out, outputs, s0, t0);
    if (tile > 1) {
      if (rows > 1) storePanel(out + outStep, outputs, s1, t1);
      if (rows > 2) storePanel(out + 2 * outStep, outputs, s2, t2);
      if (rows > 3) storePanel(out + 3 * outStep, outputs, s3, t3);
    }
  }
}

/** What is done with a block: its integers, their products and the scales. */
class Block {
  /**
   * The integers of outputs 0 to 3 of a group of inputs. Of 4 bits the plain build takes whole bytes, which hold 16 times the
   * integers of outputs 4 to 7 too: `ofLower` subtracts them, and no register is needed for a mask.
   */
  @inline
  static lower(bits: usize, group: usize): v128 {
    if (ASC_FEATURE_RELAXED_SIMD) {
      return bits == 8 ? v128.load(group) : v128.and(v128.load(group), i8x16.splat(15));
    }
    return bits == 8 ? v128.load_ext<i8>(group) : v128.load_ext<u8>(group);
  }

  /** The integers of outputs 4 to 7. */
  @inline
  static upper(bits: usize, group: usize): v128 {
    if (ASC_FEATURE_RELAXED_SIMD) {
      return bits == 8 ? v128.load(group, 16) : i8x16.shr_u(v128.load(group), 4);
    }
    return bits == 8 ? v128.load_ext<i8>(group, 8) : i16x8.shr_u(v128.load_ext<u8>(group), 4);
  }

  /** sum + the products of a group's inputs with four outputs' weights. */
  @inline
  static dot(signed: bool, x: v128, weights: v128, sum: v128): v128 {
    if (ASC_FEATURE_RELAXED_SIMD) {
      return signed
        ? i32x4.relaxed_dot_i8x16_i7x16_add_s(weights, x, sum)
        : i32x4.relaxed_dot_i8x16_i7x16_add_s(x, weights, sum);
    }
    return i32x4.add(sum, i32x4.dot_i16x8_s(x, weights));
  }

  /**
   * The products of outputs 0 to 3, given what was summed of them and of outputs 4 to 7.
   *
   * @param excess what offset inputs add
   */
  @inline
  static ofLower(bits: usize, signed: bool, lower: v128, upper: v128, excess: v128): v128 {
    if (!ASC_FEATURE_RELAXED_SIMD && bits == 4) return i32x4.sub(lower, i32x4.shl(upper, 4));
    return Block.ofUpper(signed, lower, excess);
  }

  /** The products of outputs 4 to 7. */
  @inline
  static ofUpper(signed: bool, upper: v128, excess: v128): v128 {
    return ASC_FEATURE_RELAXED_SIMD && signed ? i32x4.sub(upper, excess) : upper;
  }

  /** What the sum of a block's integers begins with. */
  @inline
  static start(bits: usize, hasMin: bool, sums: usize): v128 {
    return bits == 4 && !hasMin ? v128.load_splat<i32>(sums) : i32x4.splat(0);
  }

  /** sum + (scale * integers + min * sum of the inputs) * scale of the inputs, for four outputs. */
  @inline
  static add(
    hasMin: bool,
    sum: v128,
    integers: v128,
    scale: v128,
    min: v128,
    inputScale: usize,
    inputSum: usize,
  ): v128 {
    let value = f32x4.mul(f32x4.convert_i32x4_s(integers), scale);
    if (hasMin) value = madd(min, v128.load_splat<f32>(inputSum), value);
    return madd(value, v128.load_splat<f32>(inputScale), sum);
  }
}
