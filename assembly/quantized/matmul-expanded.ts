/**
 * Products of rows of floats with quantized weights: blocks become floats in the cache of the core, and no whole
 * matrix ever does. The numbers are those of the same weights in f32.
 *
 * The product of integers (matmul-quantized.ts) rounds its inputs to 8 bits. In training its loss is no smooth
 * function of an adapter, and a gradient of it would be that of another function (Dettmers et al. 2023). Weights
 * whose levels are no integers have this product alone.
 */
import { GROUP_BYTES } from "../matmul/matmul";
import { RegisterTile, storePanel, TILE } from "../matmul/tile";
import { madd } from "../simd";
import { expand } from "./expand";
import { Layout } from "./layout";

/** Arguments of matmulExpanded. */
@unmanaged
export class ExpandedProduct {
  /** f32 [rows, n], `stride` elements from one row to the next */
  out!: usize;
  /** f32 [k] for one row, else interleaved rows, [ceil(rows / TILE)][k][TILE] */
  x!: usize;
  /** Panels of blocks. */
  weights!: usize;
  /** f32 [8 * ceil(n / 8)], or 0 for none */
  bias!: usize;
  rows!: usize;
  k!: usize;
  n!: usize;
  stride!: usize;
  layout!: Layout;
  panelBytes!: usize;
  /** [threads][scratchBytes]: a group of expanded panels, then one panel in the common form */
  scratch!: usize;
  scratchBytes!: usize;
}

/** out[row][n] = bias[n] + sum over k of x[row][k] * weights[n][k], for the outputs of panels [begin, end). */
export function matmulExpanded(a: ExpandedProduct, worker: usize, begin: usize, end: usize): void {
  const k = a.k;
  const step = a.stride << 2;
  const wide = k << 5;
  const group = max(1, GROUP_BYTES / wide);
  const own = a.scratch + worker * a.scratchBytes;
  const decoded = own + group * wide;
  for (let first = begin; first < end; first += group) {
    const last = min(first + group, end);
    for (let panel = first; panel < last; panel++) {
      const from = a.weights + panel * a.panelBytes;
      expand(a.layout, own + (panel - first) * wide, from, from + a.panelBytes, k, decoded);
    }
    if (a.rows == 1) {
      for (let panel = first; panel < last; panel++) {
        const bias = a.bias == 0 ? 0 : a.bias + (panel << 5);
        rowPanel(a.out + (panel << 5), a.x, own + (panel - first) * wide, bias, k, a.n - (panel << 3));
      }
      continue;
    }
    for (let row: usize = 0; row < a.rows; row += TILE) {
      for (let panel = first; panel < last; panel++) {
        RegisterTile.multiply<f32>(
          a.out + (panel << 5) + row * step,
          step,
          a.n - (panel << 3),
          a.x + ((row * k) << 2),
          own + (panel - first) * wide,
          k,
          a.rows - row,
          a.bias == 0 ? 0 : a.bias + (panel << 5),
          0,
        );
      }
    }
  }
}

/** One row times an expanded panel, in the order of the tile. */
function rowPanel(out: usize, x: usize, panel: usize, bias: usize, k: usize, outputs: usize): void {
  let a = bias == 0 ? f32x4.splat(0) : v128.load(bias);
  let b = bias == 0 ? a : v128.load(bias, 16);
  for (const stop = x + (k << 2); x < stop; x += 4) {
    const v = v128.load_splat<f32>(x);
    a = madd(v, v128.load(panel), a);
    b = madd(v, v128.load(panel, 16), b);
    panel += 32;
  }
  storePanel(out, outputs, a, b);
}
