/**
 * One row times one panel of quantized weights. It works like QuantizedTile, with two chains of additions for
 * each half of the outputs.
 */

import { storePanel } from "../matmul/tile";
import { Block, INPUT_BLOCK, OFFSET } from "./block";
import { BLOCK_INTEGERS, BLOCK_SCALES } from "./rows";

export class QuantizedRow {
  /**
   * out[o] = bias[o] + sum over i of x[i] * panel[i][o], for the outputs o < 8 that exist.
   *
   * @param out f32
   * @param outputs that exist; more than 8 count as 8
   * @param x blocks of quantizeRows
   * @param panel blocks
   * @param bias f32 [8], or 0 for none
   */
  @inline
  static multiply(
    bits: usize,
    block: usize,
    hasMin: bool,
    out: usize,
    outputs: usize,
    x: usize,
    panel: usize,
    panelBytes: usize,
    bias: usize,
  ): void {
    const signed = bits == 8 && (block == 16 || !hasMin);
    const parts = Block.parts(bits);
    const part = (block * bits) >> 3;
    const step: usize = parts == 1 ? 64 : 32;
    let s = bias == 0 ? f32x4.splat(0) : v128.load(bias);
    let t = bias == 0 ? f32x4.splat(0) : v128.load(bias, 16);
    for (const stop = panel + panelBytes; panel < stop; ) {
      const scale = x + BLOCK_INTEGERS;
      let sums = scale + 4;
      do {
        let a0 = Block.start(bits, sums + 4);
        let b0 = a0;
        let a1 = i32x4.splat(0);
        let b1 = a1;
        let excessA = a1;
        let excessB = a1;
        for (const end = panel + block * bits; panel < end; panel += step) {
          const a = v128.load(panel);
          const b = v128.load(panel, 16);
          let v = v128.load_splat<i32>(x);
          a0 = Block.dot(signed, v, Block.part(bits, 0, a), a0);
          b0 = Block.dot(signed, v, Block.part(bits, 0, b), b0);
          if (parts == 1) {
            const c = v128.load(panel, 32);
            const d = v128.load(panel, 48);
            v = v128.load_splat<i32>(x, 4);
            a1 = Block.dot(signed, v, c, a1);
            b1 = Block.dot(signed, v, d, b1);
            if (signed) {
              excessA = Block.dot(true, i8x16.splat(OFFSET), a, excessA);
              excessB = Block.dot(true, i8x16.splat(OFFSET), b, excessB);
              excessA = Block.dot(true, i8x16.splat(OFFSET), c, excessA);
              excessB = Block.dot(true, i8x16.splat(OFFSET), d, excessB);
            }
          } else {
            v = v128.load_splat<i32>(x + part);
            a1 = Block.dot(signed, v, Block.part(bits, 1, a), a1);
            b1 = Block.dot(signed, v, Block.part(bits, 1, b), b1);
          }
          if (parts == 4) {
            v = v128.load_splat<i32>(x + 2 * part);
            a0 = Block.dot(signed, v, Block.part(bits, 2, a), a0);
            b0 = Block.dot(signed, v, Block.part(bits, 2, b), b0);
            v = v128.load_splat<i32>(x + 3 * part);
            a1 = Block.dot(signed, v, Block.part(bits, 3, a), a1);
            b1 = Block.dot(signed, v, Block.part(bits, 3, b), b1);
          }
          x += step >> 3;
        }
        a0 = i32x4.add(a0, a1);
        b0 = i32x4.add(b0, b1);
        const scaleA = v128.load(panel);
        const scaleB = v128.load(panel, 16);
        const minA = hasMin ? v128.load(panel, 32) : scaleA;
        const minB = hasMin ? v128.load(panel, 48) : scaleB;
        s = Block.add(hasMin, signed, s, a0, excessA, scaleA, minA, scale, sums);
        t = Block.add(hasMin, signed, t, b0, excessB, scaleB, minB, scale, sums);
        panel += hasMin ? 64 : 32;
        x += (parts - 1) * part;
        sums += 8;
      } while (block < INPUT_BLOCK && x < scale);
      x = scale + BLOCK_SCALES;
    }
    storePanel(out, outputs, s, t);
  }
}
