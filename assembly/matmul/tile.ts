/** The register tile of all matrix products: a few rows times one panel of eight outputs. */
import { loadLanes, loadWeights, madd, storeLanes } from "../simd";

/**
 * Outputs of a panel. The kernels' shifts by 3 (outputs) and by 5 (bytes of as many floats) follow from it.
 */
export const PANEL: usize = 8;

/**
 * Bytes of a line of a panel, the weights of one input: eight floats, or sixteen numbers of 16 bits. So two
 * panels of 16-bit weights lie side by side. The last one of an odd number has empty room beside it.
 */
export const LINE: usize = 32;

/** Address of a panel of weights T with k inputs. Its lines are LINE bytes apart. */
export function panelAt<T>(weights: usize, panel: usize, k: usize): usize {
  if (sizeof<T>() == 4) return weights + panel * (k << 5);
  return weights + (panel >> 1) * (k << 5) + ((panel & 1) << 4);
}

/** Address of the weight of an output for input 0. The next inputs follow LINE bytes apart. */
export function weightAt<T>(weights: usize, output: usize, k: usize): usize {
  return panelAt<T>(weights, output >> 3, k) + (output & 7) * sizeof<T>();
}

/**
 * Rows that share one pass over a panel. x64 has 16 vector registers. With a fused multiply-add 6 rows x 8
 * outputs fit. Without it the product needs a register too, and 4 rows are best.
 */
export const TILE: usize = ASC_FEATURE_RELAXED_SIMD ? 6 : 4;

/**
 * A class, because only methods can be marked for inlining. Node 20 runs the plain loop 15% faster inlined.
 */
export class RegisterTile {
  /**
   * out[r][o] = start[r][o] + sum over i of x[i][r] * panel[i][o], in the order of i, for the rows r < TILE
   * and outputs o < 8 that exist.
   *
   * @param outStep bytes from one row of out to the next
   * @param outputs that exist; more than 8 count as 8
   * @param x f32 [k][TILE]
   * @param panel T (f32, or u16 holding bfloat16): k lines, LINE bytes apart
   * @param rows that exist, at least 1; more than TILE count as TILE
   * @param start f32, or 0 to start from zero; may be out
   * @param startStep bytes from one row of start to the next, or 0 if all rows have the same start
   */
  @inline
  static multiply<T>(
    out: usize,
    outStep: usize,
    outputs: usize,
    x: usize,
    panel: usize,
    k: usize,
    rows: usize,
    start: usize,
    startStep: usize,
  ): void {
    const half: usize = 4 * sizeof<T>();
    let a0 = startLanes(start, outputs, 0);
    let b0 = startLanes(start, outputs, 4);
    let a1 = a0;
    let b1 = b0;
    let a2 = a0;
    let b2 = b0;
    let a3 = a0;
    let b3 = b0;
    let a4 = a0;
    let b4 = b0;
    let a5 = a0;
    let b5 = b0;
    if (start != 0 && startStep != 0) {
      const last = rows - 1;
      let from = start + min(1, last) * startStep;
      a1 = startLanes(from, outputs, 0);
      b1 = startLanes(from, outputs, 4);
      from = start + min(2, last) * startStep;
      a2 = startLanes(from, outputs, 0);
      b2 = startLanes(from, outputs, 4);
      from = start + min(3, last) * startStep;
      a3 = startLanes(from, outputs, 0);
      b3 = startLanes(from, outputs, 4);
      if (ASC_FEATURE_RELAXED_SIMD) {
        from = start + min(4, last) * startStep;
        a4 = startLanes(from, outputs, 0);
        b4 = startLanes(from, outputs, 4);
        from = start + min(5, last) * startStep;
        a5 = startLanes(from, outputs, 0);
        b5 = startLanes(from, outputs, 4);
      }
    }
    for (const stop = panel + k * LINE; panel < stop; panel += LINE) {
      const wa = loadWeights<T>(panel);
      const wb = loadWeights<T>(panel + half);
      const v0 = v128.load_splat<f32>(x);
      a0 = madd(v0, wa, a0);
      b0 = madd(v0, wb, b0);
      const v1 = v128.load_splat<f32>(x, 4);
      a1 = madd(v1, wa, a1);
      b1 = madd(v1, wb, b1);
      const v2 = v128.load_splat<f32>(x, 8);
      a2 = madd(v2, wa, a2);
      b2 = madd(v2, wb, b2);
      const v3 = v128.load_splat<f32>(x, 12);
      a3 = madd(v3, wa, a3);
      b3 = madd(v3, wb, b3);
      if (ASC_FEATURE_RELAXED_SIMD) {
        const v4 = v128.load_splat<f32>(x, 16);
        a4 = madd(v4, wa, a4);
        b4 = madd(v4, wb, b4);
        const v5 = v128.load_splat<f32>(x, 20);
        a5 = madd(v5, wa, a5);
        b5 = madd(v5, wb, b5);
      }
      x += TILE << 2;
    }
    storePanel(out, outputs, a0, b0);
    if (rows > 1) storePanel(out + outStep, outputs, a1, b1);
    if (rows > 2) storePanel(out + 2 * outStep, outputs, a2, b2);
    if (rows > 3) storePanel(out + 3 * outStep, outputs, a3, b3);
    if (ASC_FEATURE_RELAXED_SIMD) {
      if (rows > 4) storePanel(out + 4 * outStep, outputs, a4, b4);
      if (rows > 5) storePanel(out + 5 * outStep, outputs, a5, b5);
    }
  }
}

/** Stores the outputs of a panel that exist into a row. */
export function storePanel(row: usize, outputs: usize, a: v128, b: v128): void {
  storeLanes(row, a, outputs);
  if (outputs > 4) storeLanes(row + 16, b, outputs - 4);
}

/** Four start values of a row, from output `first` on. */
function startLanes(start: usize, outputs: usize, first: usize): v128 {
  if (start == 0 || outputs <= first) return f32x4.splat(0);
  return loadLanes(start + (first << 2), outputs - first);
}
