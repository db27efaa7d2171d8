/**
 * Matrix product with quantized weights (layout.ts). The sum within a block is a sum of integers and exact.
 * Blocks are added in their order, with the same operations for one row and several. So the numbers depend
 * neither on the number of rows nor on the threads.
 */
import { GROUP_BYTES } from "../matmul/matmul";
import { commonPanelBytes, decode } from "./decode";
import { Layout, Layouts } from "./layout";
import { rowPanel } from "./row-panel";
import { QUANTIZED_TILE, rowBytesOf, SINGLE_ROWS } from "./rows";
import { QuantizedTile } from "./tile";

/**
 * Arguments of matmulQuantized. They are read where they are needed: as parameters of the product they would
 * take registers from its loops.
 */
@unmanaged
export class QuantizedProduct {
  /** f32 [rows, n], `stride` elements from one row to the next */
  out!: usize;
  /** Rows in tiles, from quantizeRows. */
  x!: usize;
  /** Panels of blocks. */
  weights!: usize;
  /** f32 [8 * ceil(n / 8)], or 0 for none */
  bias!: usize;
  rows!: usize;
  /** Whole blocks of the layout. */
  k!: usize;
  n!: usize;
  stride!: usize;
  layout!: Layout;
  panelBytes!: usize;
  /** [threads][scratchBytes], not needed for up to SINGLE_ROWS rows */
  scratch!: usize;
  /** Bytes of decoded panels: GROUP_BYTES, or those of one panel if it is larger. */
  scratchBytes!: usize;
  /** Whether the tile of the relaxed build adds pairs, or dot products of four bytes (block.ts). */
  inPairs!: bool;
}

/**
 * out[row][n] = bias[n] + sum over k of x[row][k] * weights[n][k], for the outputs of panels [begin, end).
 */
export function matmulQuantized(a: QuantizedProduct, worker: usize, begin: usize, end: usize): void {
  if (a.rows > SINGLE_ROWS) several(a, worker, begin, end);
  else oneByOne(a, begin, end);
}

/** Each row is multiplied with the panels as they are. */
function oneByOne(a: QuantizedProduct, begin: usize, end: usize): void {
  const rowBytes = rowBytesOf(a.layout, a.k);
  const group = max(1, GROUP_BYTES / a.panelBytes);
  for (let first = begin; first < end; first += group) {
    const last = min(first + group, end);
    for (let row: usize = 0; row < a.rows; row++) {
      const x = a.x + row * rowBytes;
      for (let panel = first; panel < last; panel++) {
        const out = a.out + ((row * a.stride) << 2) + (panel << 5);
        const bias = a.bias == 0 ? 0 : a.bias + (panel << 5);
        rowPanel(a.layout, out, a.n - (panel << 3), x, a.weights + panel * a.panelBytes, a.panelBytes, bias);
      }
    }
  }
}

/**
 * A group of panels is decoded to the common form, which stays in the cache of the core while all rows go
 * over it. Panels of Q8_0 are the common form but for scales of 16 bits, and the tile reads them as they are:
 * that takes 0.84 of the time with 4 rows, 0.92 with 8, 0.98 with 32 (relaxed, Zen 4; plain 0.78, 0.88,
 * 0.96).
 */
function several(a: QuantizedProduct, worker: usize, begin: usize, end: usize): void {
  const layout = a.layout;
  const scratch = a.scratch + worker * a.scratchBytes;
  const group = a.scratchBytes / commonPanelBytes(layout, a.k);
  for (let first = begin; first < end; first += group) {
    const last = min(first + group, end);
    if (layout == Layout.Q8_0) {
      halves32(a, a.weights + first * a.panelBytes, first, last);
      continue;
    }
    decode(layout, scratch, a.weights + first * a.panelBytes, a.weights + last * a.panelBytes);
    if (Layouts.isSigned(layout)) {
      if (Layouts.hasMin(layout)) signed16m(a, scratch, first, last);
      else if (Layouts.block(layout) == 16) signed16(a, scratch, first, last);
      else signed32(a, scratch, first, last);
    } else if (a.inPairs) inPairs(a, scratch, first, last);
    else if (layout == Layout.Q2_K) unsigned16m(a, scratch, first, last);
    else if (Layouts.hasMin(layout)) unsigned32m(a, scratch, first, last);
    else if (Layouts.block(layout) == 16) unsigned16(a, scratch, first, last);
    else unsigned32(a, scratch, first, last);
  }
}

/** As many groups at a time as words of 16 bits hold the sums of. */
function inPairs(a: QuantizedProduct, panels: usize, first: usize, last: usize): void {
  if (!ASC_FEATURE_RELAXED_SIMD) return;
  const layout = a.layout;
  const hasNibbles = layout == Layout.Q4_0 || layout == Layout.Q4_1 || layout == Layout.Q4_K;
  if (layout == Layout.Q2_K) fourGroups16m(a, panels, first, last);
  else if (Layouts.hasMin(layout)) {
    if (hasNibbles) eightGroups32m(a, panels, first, last);
    else fourGroups32m(a, panels, first, last);
  } else if (layout == Layout.Q3_K) fourGroups16(a, panels, first, last);
  else if (Layouts.block(layout) == 16) twoGroups16(a, panels, first, last);
  else if (hasNibbles) eightGroups32(a, panels, first, last);
  else fourGroups32(a, panels, first, last);
}

function signed16m(a: QuantizedProduct, panels: usize, first: usize, last: usize): void {
  Tiles.multiply(16, true, true, false, 0, a, panels, first, last);
}

function signed16(a: QuantizedProduct, panels: usize, first: usize, last: usize): void {
  Tiles.multiply(16, false, true, false, 0, a, panels, first, last);
}

function halves32(a: QuantizedProduct, panels: usize, first: usize, last: usize): void {
  Tiles.multiply(32, false, true, true, 0, a, panels, first, last);
}

function signed32(a: QuantizedProduct, panels: usize, first: usize, last: usize): void {
  Tiles.multiply(32, false, true, false, 0, a, panels, first, last);
}

function unsigned32m(a: QuantizedProduct, panels: usize, first: usize, last: usize): void {
  Tiles.multiply(32, true, false, false, 0, a, panels, first, last);
}

function unsigned16m(a: QuantizedProduct, panels: usize, first: usize, last: usize): void {
  Tiles.multiply(16, true, false, false, 0, a, panels, first, last);
}

function unsigned16(a: QuantizedProduct, panels: usize, first: usize, last: usize): void {
  Tiles.multiply(16, false, false, false, 0, a, panels, first, last);
}

function unsigned32(a: QuantizedProduct, panels: usize, first: usize, last: usize): void {
  Tiles.multiply(32, false, false, false, 0, a, panels, first, last);
}

function eightGroups32m(a: QuantizedProduct, panels: usize, first: usize, last: usize): void {
  Tiles.multiply(32, true, false, false, 8, a, panels, first, last);
}

function eightGroups32(a: QuantizedProduct, panels: usize, first: usize, last: usize): void {
  Tiles.multiply(32, false, false, false, 8, a, panels, first, last);
}

function fourGroups32m(a: QuantizedProduct, panels: usize, first: usize, last: usize): void {
  Tiles.multiply(32, true, false, false, 4, a, panels, first, last);
}

function fourGroups32(a: QuantizedProduct, panels: usize, first: usize, last: usize): void {
  Tiles.multiply(32, false, false, false, 4, a, panels, first, last);
}

function fourGroups16m(a: QuantizedProduct, panels: usize, first: usize, last: usize): void {
  Tiles.multiply(16, true, false, false, 4, a, panels, first, last);
}

function fourGroups16(a: QuantizedProduct, panels: usize, first: usize, last: usize): void {
  Tiles.multiply(16, false, false, false, 4, a, panels, first, last);
}

function twoGroups16(a: QuantizedProduct, panels: usize, first: usize, last: usize): void {
  Tiles.multiply(16, false, false, false, 2, a, panels, first, last);
}

class Tiles {
  /** All rows times decoded panels [first, last). */
  @inline
  static multiply(
    block: usize,
    hasMin: bool,
    isSigned: bool,
    isHalf: bool,
    pairs: usize,
    a: QuantizedProduct,
    panels: usize,
    first: usize,
    last: usize,
  ): void {
    const rows = a.rows;
    const step = a.stride << 2;
    const bytes = (a.k / block) * ((block << 3) + (hasMin ? 64 : isHalf ? 16 : 32));
    const rowBytes = rowBytesOf(a.layout, a.k);
    for (let row: usize = 0; row < rows; row += QUANTIZED_TILE) {
      let decoded = panels;
      for (let panel = first; panel < last; panel++) {
        QuantizedTile.multiply(
          block,
          hasMin,
          isSigned,
          isHalf,
          pairs,
          a.out + (panel << 5) + row * step,
          step,
          a.n - (panel << 3),
          a.x + row * rowBytes,
          decoded,
          bytes,
          rows - row,
          a.bias == 0 ? 0 : a.bias + (panel << 5),
        );
        decoded += bytes;
      }
    }
  }
}
