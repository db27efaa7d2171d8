/**
 * Attention in two steps with the weights between them in memory, for observers. Each row of a head
 * goes alone, with the row functions of attention.ts, so the numbers are the same to the last bit.
 */
import { dropRow } from "../training/dropout";
import { clear, wholeBlocks } from "./attention";
import { BLOCK_POSITIONS, KvType, keyBytes, valueBytes, valueRow } from "./kv-layout";
import { widenedKeys, widenedValues } from "./kv-read";
import { at, endSeen, firstSeen } from "./mask";
import { scoreRow } from "./scores";
import { sumRow } from "./values";
import { weighRow } from "./weights";

/**
 * weights[row][head] of the positions that the row sees, and zeros for the others, for items row * heads +
 * head in [begin, end).
 *
 * @param weights f32 [rows, heads, longest]
 * @param scores [threads][scratchBytes], as in `attention` for one row
 */
export function attentionWeights(
  weights: usize,
  queries: usize,
  stride: usize,
  tables: usize,
  positions: usize,
  lengths: usize,
  layer: usize,
  heads: usize,
  kvHeads: usize,
  headDim: usize,
  scale: f32,
  keyType: KvType,
  past: usize,
  future: usize,
  chunk: usize,
  softCap: f32,
  slopes: usize,
  bias: usize,
  distances: usize,
  sinks: usize,
  longest: usize,
  scores: usize,
  scoreBytes: usize,
  scratchBytes: usize,
  worker: usize,
  begin: usize,
  end: usize,
): void {
  const own = scores + worker * scratchBytes;
  const widened = own + scoreBytes;
  for (let item = begin; item < end; item++) {
    const row = item / heads;
    const head = item % heads;
    const table = at(tables, row);
    const position = at(positions, row);
    const seen = firstSeen(position, past, chunk);
    const length = endSeen(position, future, at(lengths, row));
    const keys = layer + (head / (heads / kvHeads)) * keyBytes(headDim, keyType);
    const query = queries + ((row * stride + head * headDim) << 2);
    for (let first = seen & ~(BLOCK_POSITIONS - 1); first < length; first += BLOCK_POSITIONS) {
      const from = widenedKeys(widened, blockOf(table, first) + keys, headDim, keyType);
      scoreRow(own + (first << 2), query, from, headDim, scale);
    }
    weighRow(own, position, seen, length, head, heads, softCap, slopes, bias, distances, sinks);
    const out = weights + ((item * longest) << 2);
    clear(out, 0, seen);
    memory.copy(out + (seen << 2), own + (seen << 2), (length - seen) << 2);
    clear(out, length, longest);
  }
}

/**
 * out[row][head] = weights[row][head] . values of the positions that the row sees, for items row * heads +
 * head in [begin, end).
 *
 * @param out f32 [rows, heads, Dv]
 * @param weights f32 [rows, heads, longest], which stay as they are
 * @param dropout rule by which weights are dropped, or 0 for none
 * @param scores [threads][scratchBytes], as in `attention` for one row
 */
export function attentionSum(
  out: usize,
  weights: usize,
  tables: usize,
  positions: usize,
  lengths: usize,
  layer: usize,
  rows: usize,
  heads: usize,
  kvHeads: usize,
  headDim: usize,
  valueDim: usize,
  keyType: KvType,
  valueType: KvType,
  past: usize,
  future: usize,
  chunk: usize,
  dropout: usize,
  longest: usize,
  scores: usize,
  scoreBytes: usize,
  scratchBytes: usize,
  worker: usize,
  begin: usize,
  end: usize,
): void {
  const own = scores + worker * scratchBytes;
  const widened = own + scoreBytes;
  for (let item = begin; item < end; item++) {
    const row = item / heads;
    const head = item % heads;
    const table = at(tables, row);
    const position = at(positions, row);
    const seen = firstSeen(position, past, chunk);
    const length = endSeen(position, future, at(lengths, row));
    const start = seen & ~(BLOCK_POSITIONS - 1);
    const kvHead = head / (heads / kvHeads);
    const values = layer + kvHeads * keyBytes(headDim, keyType) + kvHead * valueBytes(valueDim, valueType);
    memory.copy(own + (start << 2), weights + ((item * longest + start) << 2), (length - start) << 2);
    if (dropout != 0) dropRow(own, seen, length, dropout, <u32>(head * rows + row));
    clear(own, start, seen);
    clear(own, length, wholeBlocks(length));
    const to = out + ((item * valueDim) << 2);
    for (let first = start; first < length; first += BLOCK_POSITIONS) {
      const count = min(BLOCK_POSITIONS, length - first);
      const from = widenedValues(widened, blockOf(table, first) + values, valueDim, count, valueType);
      sumRow(to, own + (first << 2), 4, from, valueRow(valueDim), 0, valueDim, count, first > start);
    }
  }
}

/** Address of the block that holds a position. */
function blockOf(table: usize, position: usize): usize {
  return <usize>load<u32>(table + ((position / BLOCK_POSITIONS) << 2));
}
