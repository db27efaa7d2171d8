/**
 * Causal attention in two steps with the weights between them in memory, for observers. Each row of a head
 * goes alone, with the row functions of attention.ts, so the numbers are the same to the last bit.
 */
import { softmaxRow } from "../norm/softmax";
import { dropRow } from "../training/dropout";
import { lengthOf, wholeBlocks } from "./attention";
import { int8QueryBytes, quantizeQuery, quantizeWeights, scoreRowInt8, sumRowInt8 } from "./int8";
import { BLOCK_POSITIONS, keyBytes, valueBytes, valueRow } from "./kv-layout";
import { scoreRow } from "./scores";
import { sumRow } from "./values";

/**
 * weights[row][head] = softmax(scale * query . keys[0..position]), then zeros, for items row * heads + head
 * in [begin, end).
 *
 * @param weights f32 [rows, heads, longest]
 * @param scores [threads][scoreBytes], as in `attention`
 */
export function attentionWeights(
  weights: usize,
  qkv: usize,
  tables: usize,
  positions: usize,
  layer: usize,
  heads: usize,
  kvHeads: usize,
  headDim: usize,
  scale: f32,
  int8: bool,
  longest: usize,
  scores: usize,
  scoreBytes: usize,
  worker: usize,
  begin: usize,
  end: usize,
): void {
  const width = (heads + 2 * kvHeads) * headDim;
  const own = scores + worker * scoreBytes;
  for (let item = begin; item < end; item++) {
    const row = item / heads;
    const head = item % heads;
    const table = <usize>load<u32>(tables + (row << 2));
    const length = lengthOf(positions, row);
    const keys = layer + (head / (heads / kvHeads)) * keyBytes(headDim, int8);
    const query = qkv + ((row * width + head * headDim) << 2);
    const quantized = own + scoreBytes - int8QueryBytes(headDim);
    if (int8) quantizeQuery(quantized, query, headDim, scale);
    for (let first: usize = 0; first < length; first += BLOCK_POSITIONS) {
      const from = blockOf(table, first) + keys;
      if (int8) scoreRowInt8(own + (first << 2), quantized, from, headDim);
      else scoreRow(own + (first << 2), query, from, headDim, scale);
    }
    softmaxRow(own, own, length);
    const out = weights + ((item * longest) << 2);
    memory.copy(out, own, length << 2);
    memory.fill(out + (length << 2), 0, (longest - length) << 2);
  }
}

/**
 * out[row][head] = weights[row][head] . values[0..position], for items row * heads + head in [begin, end).
 *
 * @param out f32 [rows, heads, D]
 * @param weights f32 [rows, heads, longest], which stay as they are
 * @param dropout rule by which weights are dropped, or 0 for none
 * @param scores [threads][scoreBytes], as in `attention`
 */
export function attentionSum(
  out: usize,
  weights: usize,
  tables: usize,
  positions: usize,
  layer: usize,
  rows: usize,
  heads: usize,
  kvHeads: usize,
  headDim: usize,
  int8: bool,
  dropout: usize,
  longest: usize,
  scores: usize,
  scoreBytes: usize,
  worker: usize,
  begin: usize,
  end: usize,
): void {
  const own = scores + worker * scoreBytes;
  for (let item = begin; item < end; item++) {
    const row = item / heads;
    const head = item % heads;
    const table = <usize>load<u32>(tables + (row << 2));
    const length = lengthOf(positions, row);
    const kvHead = head / (heads / kvHeads);
    const values = layer + kvHeads * keyBytes(headDim, int8) + kvHead * valueBytes(headDim, int8);
    memory.copy(own, weights + ((item * longest) << 2), length << 2);
    if (dropout != 0) dropRow(own, length, dropout, <u32>(head * rows + row));
    memory.fill(own + (length << 2), 0, (wholeBlocks(length) - length) << 2);
    const to = out + ((item * headDim) << 2);
    for (let first: usize = 0; first < length; first += BLOCK_POSITIONS) {
      const from = blockOf(table, first) + values;
      const weight = own + (first << 2);
      const seen = min(BLOCK_POSITIONS, length - first);
      if (int8) {
        quantizeWeights(weight, from, headDim);
        sumRowInt8(to, weight, from, headDim, seen, first > 0);
      } else sumRow(to, weight, 4, from, valueRow(headDim), 0, headDim, seen, first > 0);
    }
  }
}

/** Address of the block that holds a position. */
function blockOf(table: usize, position: usize): usize {
  return <usize>load<u32>(table + ((position / BLOCK_POSITIONS) << 2));
}
