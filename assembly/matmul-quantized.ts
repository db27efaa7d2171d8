/**
 * Matrix product with quantized weights, whose forms src/compute/quantized-forms.ts describes. The sum within a block is of
 * integers and exact; blocks are added in their order: the same numbers on every path.
 *
 * One source for all forms: `bits`, `block` and `hasMin` are constants wherever a method is called, and all is inlined.
 */
import { BLOCK_INTEGERS, BLOCK_ROW, GROUP, INPUT_BLOCK, OFFSET, QUANTIZED_TILE } from "./quantized-rows";
import { madd } from "./simd";
import { storePanel } from "./tile";

/**
 * out[row][n] = bias[n] + sum over k of x[row][k] * weights[n][k], for the outputs of panels [begin, end).
 *
 * @param out f32 [rows, n]
 * @param x rows as quantizeRows leaves them, in tiles of 1 for one row
 * @param weights panels of blocks
 * @param bias f32 [8 * ceil(n / 8)], or 0 for none
 * @param k a multiple of 32
 * @param bits of an integer, 4 or 8
 * @param block inputs that share a scale, 32 or 16
 */
export function matmulQuantized(
  out: usize,
  x: usize,
  weights: usize,
  bias: usize,
  rows: usize,
  k: usize,
  n: usize,
  bits: usize,
  block: usize,
  hasMin: bool,
  begin: usize,
  end: usize,
): void {
  if (bits == 4) {
    if (hasMin) q4m(out, x, weights, bias, rows, k, n, begin, end);
    else q4(out, x, weights, bias, rows, k, n, begin, end);
  } else if (block == 16) {
    if (hasMin) q8x16m(out, x, weights, bias, rows, k, n, begin, end);
    else q8x16(out, x, weights, bias, rows, k, n, begin, end);
  } else if (hasMin) q8m(out, x, weights, bias, rows, k, n, begin, end);
  else q8(out, x, weights, bias, rows, k, n, begin, end);
}

function q8(
  out: usize,
  x: usize,
  weights: usize,
  bias: usize,
  rows: usize,
  k: usize,
  n: usize,
  begin: usize,
  end: usize,
): void {
  Form.matmul(8, 32, false, out, x, weights, bias, rows, k, n, begin, end);
}

function q8m(
  out: usize,
  x: usize,
  weights: usize,
  bias: usize,
  rows: usize,
  k: usize,
  n: usize,
  begin: usize,
  end: usize,
): void {
  Form.matmul(8, 32, true, out, x, weights, bias, rows, k, n, begin, end);
}

function q8x16(
  out: usize,
  x: usize,
  weights: usize,
  bias: usize,
  rows: usize,
  k: usize,
  n: usize,
  begin: usize,
  end: usize,
): void {
  Form.matmul(8, 16, false, out, x, weights, bias, rows, k, n, begin, end);
}

function q8x16m(
  out: usize,
  x: usize,
  weights: usize,
  bias: usize,
  rows: usize,
  k: usize,
  n: usize,
  begin: usize,
  end: usize,
): void {
  Form.matmul(8, 16, true, out, x, weights, bias, rows, k, n, begin, end);
}

function q4(
  out: usize,
  x: usize,
  weights: usize,
  bias: usize,
  rows: usize,
  k: usize,
  n: usize,
  begin: usize,
  end: usize,
): void {
  Form.matmul(4, 32, false, out, x, weights, bias, rows, k, n, begin, end);
}

function q4m(
  out: usize,
  x: usize,
  weights: usize,
  bias: usize,
  rows: usize,
  k: usize,
  n: usize,
  begin: usize,
  end: usize,
): void {
  Form.matmul(4, 32, true, out, x, weights, bias, rows, k, n, begin, end);
}

class Form {
  @inline
  static matmul(
    bits: usize,
    block: usize,
    hasMin: bool,
    out: usize,
    x: usize,
    weights: usize,
    bias: usize,
    rows: usize,
    k: usize,
    n: usize,
    begin: usize,
    end: usize,
  ): void {
    const panelBytes = (k / block) * (block * bits + (hasMin ? 64 : 32));
    const rowBytes = (k / INPUT_BLOCK) * BLOCK_ROW;
    const stride = n << 2;
    for (let panel = begin; panel < end; panel++) {
      const to = out + (panel << 5);
      const outputs = n - (panel << 3);
      const own = weights + panel * panelBytes;
      const start = bias == 0 ? 0 : bias + (panel << 5);
      if (rows == 1) {
        Form.multiply(bits, block, hasMin, 1, to, stride, outputs, x, own, panelBytes, 1, start);
        continue;
      }
      for (let row: usize = 0; row < rows; row += QUANTIZED_TILE) {
        const target = to + row * stride;
        const inputs = x + row * rowBytes;
        const left = rows - row;
        Form.multiply(
          bits,
          block,
          hasMin,
          QUANTIZED_TILE,
          target,
          stride,
          outputs,
          inputs,
          own,
          panelBytes,
          left,
          start,
        );
      }
    }
  }

  /** A tile of 1 or 4 rows, of which `rows` exist, times one panel. */
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
      while (x < scales) {
        let a0 = Form.start(bits, hasMin, sums + (tile << 2));
        let b0 = Form.start(bits, hasMin, sums);
        let a1 = tile > 1 ? Form.start(bits, hasMin, sums + 20) : a0;
        let b1 = tile > 1 ? Form.start(bits, hasMin, sums + 4) : b0;
        let a2 = tile > 1 ? Form.start(bits, hasMin, sums + 24) : a0;
        let b2 = tile > 1 ? Form.start(bits, hasMin, sums + 8) : b0;
        let a3 = tile > 1 ? Form.start(bits, hasMin, sums + 28) : a0;
        let b3 = tile > 1 ? Form.start(bits, hasMin, sums + 12) : b0;
        let aOffset = i32x4.splat(0);
        let bOffset = aOffset;
        for (const end = panel + block * bits; panel < end; panel += bits * GROUP) {
          const wa = Form.lower(bits, panel);
          const wb = Form.upper(bits, panel);
          if (ASC_FEATURE_RELAXED_SIMD && signed) {
            aOffset = Form.dot(true, i8x16.splat(OFFSET), wa, aOffset);
            bOffset = Form.dot(true, i8x16.splat(OFFSET), wb, bOffset);
          }
          const v0 = v128.load_splat<i32>(x);
          a0 = Form.dot(signed, v0, wa, a0);
          b0 = Form.dot(signed, v0, wb, b0);
          if (tile > 1) {
            const v1 = v128.load_splat<i32>(x, 4);
            a1 = Form.dot(signed, v1, wa, a1);
            b1 = Form.dot(signed, v1, wb, b1);
            const v2 = v128.load_splat<i32>(x, 8);
            a2 = Form.dot(signed, v2, wa, a2);
            b2 = Form.dot(signed, v2, wb, b2);
            const v3 = v128.load_splat<i32>(x, 12);
            a3 = Form.dot(signed, v3, wa, a3);
            b3 = Form.dot(signed, v3, wb, b3);
          }
          x += tile << 2;
        }
        const scaleA = v128.load(panel);
        const scaleB = v128.load(panel, 16);
        const minA = hasMin ? v128.load(panel, 32) : scaleA;
        const minB = hasMin ? v128.load(panel, 48) : scaleB;
        s0 = Form.add(hasMin, s0, Form.lowerSum(bits, a0, b0, aOffset), scaleA, minA, scales, sums);
        t0 = Form.add(hasMin, t0, i32x4.sub(b0, bOffset), scaleB, minB, scales, sums);
        if (tile > 1) {
          s1 = Form.add(hasMin, s1, Form.lowerSum(bits, a1, b1, aOffset), scaleA, minA, scales + 4, sums + 4);
          t1 = Form.add(hasMin, t1, i32x4.sub(b1, bOffset), scaleB, minB, scales + 4, sums + 4);
          s2 = Form.add(hasMin, s2, Form.lowerSum(bits, a2, b2, aOffset), scaleA, minA, scales + 8, sums + 8);
          t2 = Form.add(hasMin, t2, i32x4.sub(b2, bOffset), scaleB, minB, scales + 8, sums + 8);
          s3 = Form.add(
            hasMin,
            s3,
            Form.lowerSum(bits, a3, b3, aOffset),
            scaleA,
            minA,
            scales + 12,
            sums + 12,
          );
          t3 = Form.add(hasMin, t3, i32x4.sub(b3, bOffset), scaleB, minB, scales + 12, sums + 12);
        }
        panel += hasMin ? 64 : 32;
        sums += tile << 2;
      }
      x = scales + tile * 12;
    }
    storePanel(out, outputs, s0, t0);
    if (tile > 1) {
      if (rows > 1) storePanel(out + outStep, outputs, s1, t1);
      if (rows > 2) storePanel(out + 2 * outStep, outputs, s2, t2);
      if (rows > 3) storePanel(out + 3 * outStep, outputs, s3, t3);
    }
  }

  /**
   * The integers of outputs 0 to 3 of a group of inputs. Of 4 bits the plain build takes whole bytes, which hold 16 times the
   * integers of outputs 4 to 7 too: `lowerSum` subtracts them, and no register is needed for a mask.
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

  /** The sum of the products of outputs 0 to 3, given what was summed of them and of outputs 4 to 7. */
  @inline
  static lowerSum(bits: usize, lower: v128, upper: v128, offset: v128): v128 {
    if (ASC_FEATURE_RELAXED_SIMD) return i32x4.sub(lower, offset);
    return bits == 8 ? lower : i32x4.sub(lower, i32x4.shl(upper, 4));
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
