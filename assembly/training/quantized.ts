/**
 * Products of rows of floats with quantized weights, and their gradient with respect to the rows, as a model
 * in training has them (Dettmers et al. 2023): blocks become floats in the cache of the core, and no whole
 * matrix ever does. The numbers are those of the same weights in f32.
 *
 * The product of integers (quantized/matmul-quantized.ts) rounds its inputs to 8 bits. Its loss is no smooth
 * function of the adapter, and a gradient of it would be that of another function.
 */
import { GROUP_BYTES } from "../matmul/matmul";
import { RegisterTile, TILE } from "../matmul/tile";
import { expand } from "../quantized/expand";
import { Layout } from "../quantized/layout";
import { transpose8 } from "./matmul";

/** Outputs whose weights are expanded at a time for the gradient. */
export const EXPANDED_CHUNK: usize = 256;

/** Arguments of matmulExpanded. */
@unmanaged
export class ExpandedProduct {
  /** f32 [rows, n], `stride` elements from one row to the next */
  out!: usize;
  /** f32, interleaved rows: [ceil(rows / TILE)][k][TILE] */
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

/** Arguments of inputGradientExpanded. */
@unmanaged
export class ExpandedGradient {
  /** f32 [rows, k] */
  dx!: usize;
  /** f32, interleaved rows of the chunk: [ceil(rows / TILE)][count][TILE] */
  dy!: usize;
  /** Panels of blocks. */
  weights!: usize;
  rows!: usize;
  k!: usize;
  /** Output of the chunk, a multiple of 8. */
  first!: usize;
  /** Outputs of the chunk, at most EXPANDED_CHUNK. */
  count!: usize;
  /** Whether the sum is added to dx. */
  isAdded!: bool;
  layout!: Layout;
  panelBytes!: usize;
  /** Inputs of a block of the layout, and its bytes of eight outputs. */
  unit!: usize;
  unitBytes!: usize;
  /** [threads][scratchBytes]: f32 [unit / 8][EXPANDED_CHUNK][8], f32 [unit][8], and a block in the common form */
  scratch!: usize;
  scratchBytes!: usize;
}

/**
 * dx[row][i] (+)= sum over o of dy[row][o] * weights[first + o][i], for the inputs of blocks [begin, end) and
 * a chunk of outputs.
 */
export function inputGradientExpanded(a: ExpandedGradient, worker: usize, begin: usize, end: usize): void {
  const unit = a.unit;
  const stride = a.k << 2;
  const panels = unit >> 3;
  const transposed = a.scratch + worker * a.scratchBytes;
  const expanded = transposed + panels * (EXPANDED_CHUNK << 5);
  const decoded = expanded + (unit << 5);
  for (let block = begin; block < end; block++) {
    for (let o: usize = 0; o < a.count; o += 8) {
      const from = a.weights + ((a.first + o) >> 3) * a.panelBytes + block * a.unitBytes;
      expand(a.layout, expanded, from, from + a.unitBytes, unit, decoded);
      for (let panel: usize = 0; panel < panels; panel++) {
        transpose8(transposed + ((panel * EXPANDED_CHUNK + o) << 5), expanded + (panel << 8));
      }
    }
    for (let panel: usize = 0; panel < panels; panel++) {
      for (let row: usize = 0; row < a.rows; row += TILE) {
        const out = a.dx + row * stride + ((block * unit + (panel << 3)) << 2);
        RegisterTile.multiply<f32>(
          out,
          stride,
          8,
          a.dy + ((row * a.count) << 2),
          transposed + panel * (EXPANDED_CHUNK << 5),
          a.count,
          a.rows - row,
          a.isAdded ? out : 0,
          stride,
        );
      }
    }
  }
}
