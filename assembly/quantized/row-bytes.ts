/** One row times one panel of integers of 8 bits: of Q8_0, and of the common form (decode.ts). */
import { storePanel } from "../matmul/tile";
import { Block, INPUT_BLOCK } from "./block";
import { Layout } from "./layout";
import { BLOCK_SCALES } from "./rows";
import { Scales } from "./scales";

export class ByteRow {
  /**
   * out[o] = bias[o] + sum over i of x[i] * panel[i][o], for the outputs o < 8 that exist.
   *
   * @param block inputs that share a scale
   * @param isHalf whether scales are halves, as in Q8_0, or floats, as in the common form
   * @param out f32
   * @param outputs that exist; more than 8 count as 8
   * @param x blocks of quantizeRows
   * @param panel blocks
   * @param bias f32 [8], or 0 for none
   */
  @inline
  static multiply(
    block: usize,
    hasMin: bool,
    isHalf: bool,
    out: usize,
    outputs: usize,
    x: usize,
    panel: usize,
    panelBytes: usize,
    bias: usize,
  ): void {
    const far = block;
    let s = bias == 0 ? f32x4.splat(0) : v128.load(bias);
    let t = bias == 0 ? f32x4.splat(0) : v128.load(bias, 16);
    for (const stop = panel + panelBytes; panel < stop; ) {
      const scale = x + Block.inputBytes(true);
      let sums = scale + 4;
      do {
        let a0 = v128.load_splat<i32>(sums + 4);
        let b0 = a0;
        let a1 = i32x4.splat(0);
        let b1 = a1;
        for (const end = panel + (block << 3); panel < end; panel += 64) {
          const a = v128.load(panel);
          const b = v128.load(panel, 16);
          a0 = Block.dots(true, x, far, a, a0);
          b0 = Block.dots(true, x, far, b, b0);
          const c = v128.load(panel, 32);
          const d = v128.load(panel, 48);
          a1 = Block.dots(true, x + 4, far, c, a1);
          b1 = Block.dots(true, x + 4, far, d, b1);
          x += 8;
        }
        a0 = i32x4.add(a0, a1);
        b0 = i32x4.add(b0, b1);
        const scales = v128.load(panel);
        const scaleA = isHalf ? Scales.first(Layout.Q8_0, scales) : scales;
        const scaleB = isHalf ? Scales.last(Layout.Q8_0, scales) : v128.load(panel, 16);
        const minA = hasMin ? v128.load(panel, 32) : scaleA;
        const minB = hasMin ? v128.load(panel, 48) : scaleB;
        s = Block.add(hasMin, s, a0, scaleA, minA, scale, sums);
        t = Block.add(hasMin, t, b0, scaleB, minB, scale, sums);
        panel += hasMin ? 64 : isHalf ? 16 : 32;
        x += block;
        sums += 8;
      } while (block < INPUT_BLOCK && x < scale);
      x = scale + BLOCK_SCALES;
    }
    storePanel(out, outputs, s, t);
  }
}
