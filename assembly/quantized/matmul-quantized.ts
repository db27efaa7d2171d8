/**
 * Matrix product with quantized weights (layouts: src/compute/packing/quantized-layouts.ts). The sum within a
 * block is a sum of integers and exact. Blocks are added in their order. So the numbers depend neither on the
 * number of rows nor on the threads.
 */
import { flag } from "../flag";
import { GROUP_BYTES } from "../matmul/matmul";
import { INPUT_BLOCK } from "./block";
import { QuantizedRow } from "./row";
import { BLOCK_ROW, QUANTIZED_TILE, SINGLE_ROWS } from "./rows";
import { QuantizedTile } from "./tile";

/**
 * Arguments of matmulQuantized. They are read where they are needed: as parameters of the product they would
 * take registers from its loops.
 */
@unmanaged
export class QuantizedProduct {
  /** f32 [rows, n] */
  out!: usize;
  /** Rows in tiles, from quantizeRows. */
  x!: usize;
  /** Panels of blocks. */
  weights!: usize;
  /** f32 [8 * ceil(n / 8)], or 0 for none */
  bias!: usize;
  rows!: usize;
  /** A multiple of 32. */
  k!: usize;
  n!: usize;
  /** Bits of an integer, 4 or 8. */
  bits!: usize;
  /** Inputs that share a scale, 32 or 16. */
  block!: usize;
  hasMin!: flag;
}

/**
 * out[row][n] = bias[n] + sum over k of x[row][k] * weights[n][k], for the outputs of panels [begin, end).
 */
export function matmulQuantized(a: QuantizedProduct, begin: usize, end: usize): void {
  if (a.hasMin != 0) {
    if (a.bits == 4) q4m(a, begin, end);
    else if (a.block == 16) q8x16m(a, begin, end);
    else q8m(a, begin, end);
  } else if (a.bits == 4) q4(a, begin, end);
  else if (a.block == 16) q8x16(a, begin, end);
  else q8(a, begin, end);
}

// One function per layout: one function for all is not specialised and up to 40% slower.

function q8(a: QuantizedProduct, begin: usize, end: usize): void {
  Product.panels(8, 32, false, a, begin, end);
}

function q8m(a: QuantizedProduct, begin: usize, end: usize): void {
  Product.panels(8, 32, true, a, begin, end);
}

function q8x16(a: QuantizedProduct, begin: usize, end: usize): void {
  Product.panels(8, 16, false, a, begin, end);
}

function q8x16m(a: QuantizedProduct, begin: usize, end: usize): void {
  Product.panels(8, 16, true, a, begin, end);
}

function q4(a: QuantizedProduct, begin: usize, end: usize): void {
  Product.panels(4, 32, false, a, begin, end);
}

function q4m(a: QuantizedProduct, begin: usize, end: usize): void {
  Product.panels(4, 32, true, a, begin, end);
}

class Product {
  @inline
  static panels(
    bits: usize,
    block: usize,
    hasMin: bool,
    a: QuantizedProduct,
    begin: usize,
    end: usize,
  ): void {
    const out = a.out;
    const x = a.x;
    const bias = a.bias;
    const rows = a.rows;
    const k = a.k;
    const n = a.n;
    const panelBytes = (k / block) * (block * bits + (hasMin ? 64 : 32));
    const rowBytes = (k / INPUT_BLOCK) * BLOCK_ROW;
    const step = n << 2;
    const tile: usize = rows <= SINGLE_ROWS ? 1 : QUANTIZED_TILE;
    const group = max(1, GROUP_BYTES / panelBytes);
    for (let first = begin; first < end; first += group) {
      const last = min(first + group, end);
      for (let row: usize = 0; row < rows; row += tile) {
        const own = x + row * rowBytes;
        for (let panel = first; panel < last; panel++) {
          const weights = a.weights + panel * panelBytes;
          const to = out + (panel << 5) + row * step;
          const outputs = n - (panel << 3);
          const start = bias == 0 ? 0 : bias + (panel << 5);
          const left = rows - row;
          // One loop for both: one loop each is 15% slower.
          if (tile == 1) {
            QuantizedRow.multiply(bits, block, hasMin, to, outputs, own, weights, panelBytes, start);
          } else {
            QuantizedTile.multiply(
              bits,
              block,
              hasMin,
              to,
              step,
              outputs,
              own,
              weights,
              panelBytes,
              left,
              start,
            );
          }
        }
      }
    }
  }
}
