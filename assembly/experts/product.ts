/**
 * Products of grouped rows (grouping.ts) with the matrices of their experts. A group goes through the same
 * product as a batch of as many rows, so its numbers are those of any other batch. Only matrices of experts
 * that have rows are read.
 */
import { interleaveRows, matmul } from "../matmul/matmul";
import { Layout } from "../quantized/layout";
import { matmulQuantized, QuantizedProduct } from "../quantized/matmul-quantized";
import { QUANTIZED_TILE, quantizeRows, rowBytesOf, SINGLE_ROWS } from "../quantized/rows";
import { Group } from "./grouping";

/** Bytes of scratch memory of a thread: the arguments of the product of one group. */
export const EXPERT_SCRATCH: usize = 64;

/**
 * out[i][n] = bias[n] + sum over k of x[i][k] * weights[n][k], where weights and bias are those of the expert
 * of grouped row i. Item group * panels + panel, for items [begin, end).
 *
 * @param out f32 [slots, n]
 * @param x rows prepared by interleaveGroups
 * @param weights u32 [experts]: addresses of panels of T, as in `matmul`
 * @param biases u32 [experts]: addresses of f32 [8 * ceil(n / 8)], or 0 for none
 * @param slack rows of x that a group takes more than it has
 * @param scratch as in `matmul`
 */
export function expertMatmul<T>(
  out: usize,
  x: usize,
  weights: usize,
  biases: usize,
  groups: usize,
  slack: usize,
  k: usize,
  n: usize,
  scratch: usize,
  scratchBytes: usize,
  worker: usize,
  begin: usize,
  end: usize,
): void {
  const panels = (n + 7) >> 3;
  for (let item = begin; item < end; ) {
    const index = item / panels;
    const first = item % panels;
    const last = min(panels, first + end - item);
    const group = Group.at(groups, index);
    if (group.rows > 0) {
      matmul<T>(
        out + ((group.first * n) << 2),
        x + (((group.first + index * slack) * k) << 2),
        addressOf(weights, group),
        addressOf(biases, group),
        group.rows,
        k,
        n,
        scratch,
        scratchBytes,
        worker,
        first,
        last,
      );
    }
    item += last - first;
  }
}

/**
 * As `expertMatmul`, with quantized weights and rows prepared by quantizeGroups.
 *
 * @param scratch [threads][EXPERT_SCRATCH + scratchBytes]
 * @param scratchBytes, inPairs as in QuantizedProduct
 */
export function expertMatmulQuantized(
  out: usize,
  x: usize,
  weights: usize,
  biases: usize,
  groups: usize,
  slack: usize,
  k: usize,
  n: usize,
  layout: Layout,
  panelBytes: usize,
  scratch: usize,
  scratchBytes: usize,
  inPairs: bool,
  worker: usize,
  begin: usize,
  end: usize,
): void {
  const panels = (n + 7) >> 3;
  const rowBytes = rowBytesOf(layout, k);
  const own = scratch + worker * (EXPERT_SCRATCH + scratchBytes);
  const product = changetype<QuantizedProduct>(own);
  product.k = k;
  product.n = n;
  product.stride = n;
  product.layout = layout;
  product.panelBytes = panelBytes;
  product.scratch = own + EXPERT_SCRATCH;
  product.scratchBytes = scratchBytes;
  product.inPairs = inPairs;
  for (let item = begin; item < end; ) {
    const index = item / panels;
    const first = item % panels;
    const last = min(panels, first + end - item);
    const group = Group.at(groups, index);
    if (group.rows > 0) {
      product.rows = group.rows;
      product.out = out + ((group.first * n) << 2);
      product.x = x + (group.first + index * slack) * rowBytes;
      product.weights = addressOf(weights, group);
      product.bias = addressOf(biases, group);
      matmulQuantized(product, 0, first, last);
    }
    item += last - first;
  }
}

/** Entry of a group's expert in a table of addresses; 0 without a table. */
function addressOf(table: usize, group: Group): usize {
  return table == 0 ? 0 : load<u32>(table + ((<usize>group.expert) << 2));
}

/**
 * Prepares grouped rows [begin, end) for expertMatmul: those of a group are interleaved in tiles as by
 * interleaveRows, or copied if the group has one row. A group begins `group * slack` rows later than its
 * first row, so that no two groups share a tile.
 *
 * @param x f32 [slots, k]
 */
export function interleaveGroups(
  out: usize,
  x: usize,
  groups: usize,
  groupOf: usize,
  slack: usize,
  k: usize,
  begin: usize,
  end: usize,
): void {
  const bytes = k << 2;
  for (let i = begin; i < end; i++) {
    const index = <usize>load<u32>(groupOf + (i << 2));
    const group = Group.at(groups, index);
    const first = <usize>group.first;
    const to = out + (first + index * slack) * bytes;
    const from = x + first * bytes;
    if (group.rows == 1) memory.copy(to, from, bytes);
    else interleaveRows(to, from, k, k, i - first, i - first + 1);
  }
}

/** As `interleaveGroups`, for expertMatmulQuantized: the rows of a group are quantized as by quantizeRows. */
export function quantizeGroups(
  out: usize,
  x: usize,
  groups: usize,
  groupOf: usize,
  slack: usize,
  k: usize,
  layout: Layout,
  begin: usize,
  end: usize,
): void {
  const rowBytes = rowBytesOf(layout, k);
  for (let i = begin; i < end; i++) {
    const index = <usize>load<u32>(groupOf + (i << 2));
    const group = Group.at(groups, index);
    const first = <usize>group.first;
    const to = out + (first + index * slack) * rowBytes;
    const tile: usize = group.rows <= SINGLE_ROWS ? 1 : QUANTIZED_TILE;
    quantizeRows(to, x + ((first * k) << 2), k, tile, layout, i - first, i - first + 1);
  }
}
