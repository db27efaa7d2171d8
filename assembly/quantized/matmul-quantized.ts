/**
 * Matrix product with quantized weights, in the forms that src/compute/quantized-forms.ts describes. The sum within a block is
 * of integers and exact; blocks are added in their order: the same numbers on every path.
 */
import { u } from "../arguments";
import { GROUP_BYTES } from "../matmul/matmul";
import { INPUT_BLOCK } from "./block";
import { QuantizedRow } from "./row";
import { BLOCK_ROW, QUANTIZED_TILE, SINGLE_ROWS } from "./rows";
import { QuantizedTile } from "./tile";

/**
 * out[row][n] = bias[n] + sum over k of x[row][k] * weights[n][k], for the outputs of panels [begin, end).
 *
 * @param a its arguments:
 *   0 out f32 [rows, n]
 *   1 x rows as quantizeRows leaves them, in tiles
 *   2 weights panels of blocks
 *   3 bias f32 [8 * ceil(n / 8)], or 0 for none
 *   4 rows
 *   5 k, a multiple of 32
 *   6 n
 *   7 bits of an integer, 4 or 8
 *   8 block, the inputs that share a scale, 32 or 16
 *   9 hasMin, 0 or 1
 */
export function matmulQuantized(a: usize, begin: usize, end: usize): void {
  const bits = u(a, 7);
  const block = u(a, 8);
  if (u(a, 9) != 0) {
    if (bits == 4) q4m(a, begin, end);
    else if (block == 16) q8x16m(a, begin, end);
    else q8m(a, begin, end);
  } else if (bits == 4) q4(a, begin, end);
  else if (block == 16) q8x16(a, begin, end);
  else q8(a, begin, end);
}

// A function for each form: in one function for all they are not specialised, and up to 40% slower.

function q8(a: usize, begin: usize, end: usize): void {
  Product.panels(8, 32, false, a, begin, end);
}

function q8m(a: usize, begin: usize, end: usize): void {
  Product.panels(8, 32, true, a, begin, end);
}

function q8x16(a: usize, begin: usize, end: usize): void {
  Product.panels(8, 16, false, a, begin, end);
}

function q8x16m(a: usize, begin: usize, end: usize): void {
  Product.panels(8, 16, true, a, begin, end);
}

function q4(a: usize, begin: usize, end: usize): void {
  Product.panels(4, 32, false, a, begin, end);
}

function q4m(a: usize, begin: usize, end: usize): void {
  Product.panels(4, 32, true, a, begin, end);
}

class Product {
  @inline
  static panels(bits: usize, block: usize, hasMin: bool, a: usize, begin: usize, end: usize): void {
    const out = u(a, 0);
    const x = u(a, 1);
    const bias = u(a, 3);
    const rows = u(a, 4);
    const k = u(a, 5);
    const n = u(a, 6);
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
          const weights = u(a, 2) + panel * panelBytes;
          const to = out + (panel << 5) + row * step;
          const outputs = n - (panel << 3);
          const start = bias == 0 ? 0 : bias + (panel << 5);
          const left = rows - row;
          // One loop for both: a loop for each is 15% slower.
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
