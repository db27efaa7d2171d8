/**
 * The gradient of quantized/matmul-expanded.ts with respect to its rows: blocks become floats in the cache of
 * the core, and no whole matrix ever does. The numbers are those of the same weights in f32.
 */
import { RegisterTile, TILE } from "../matmul/tile";
import { expand } from "../quantized/expand";
import { Layout } from "../quantized/layout";
import { transpose8 } from "./matmul";

/** Outputs whose weights are expanded at a time for the gradient. */
export const EXPANDED_CHUNK: usize = 256;

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
