/**
 * Attention in two steps with the weights between them in memory, for observers. Each row of a head
 * goes through the row functions of attention.ts, so the numbers are the same to the last bit.
 */
import { dropRow } from "../training/dropout";
import { clear, QUERY_GROUP, wholeBlocks } from "./attention";
import { BLOCK_POSITIONS, KvType, keyBytes, valueBytes, valueRow } from "./kv-layout";
import { widenedKeys, widenedValues } from "./kv-read";
import { at, endSeen, firstSeen } from "./mask";
import { scoreRow } from "./scores";
import { sumRow } from "./values";
import { weighRow } from "./weights";

/**
 * weights[row][head] of the positions that the row sees, and zeros for the others, for items in [begin, end):
 * item head * groups + group is QUERY_GROUP rows of a head, which widen its keys once.
 *
 * @param weights f32 [rows, heads, longest]
 * @param scores [threads][scratchBytes]: those of QUERY_GROUP rows, and widened keys
 */
export function attentionWeights(
  weights: usize,
  queries: usize,
  stride: usize,
  tables: usize,
  positions: usize,
  lengths: usize,
  layer: usize,
  rows: usize,
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
  const widened = own + QUERY_GROUP * scoreBytes;
  const groups = groupsOf(rows);
  for (let item = begin; item < end; item++) {
    const head = item / groups;
    const last = min(rows, ((item % groups) + 1) * QUERY_GROUP);
    const keys = layer + (head / (heads / kvHeads)) * keyBytes(headDim, keyType);
    for (let row = (item % groups) * QUERY_GROUP; row < last; ) {
      const stop = endOfSequence(tables, row, last);
      const table = at(tables, row);
      const from = firstBlock(positions, row, stop, past, chunk);
      const seenBefore = longestOf(positions, lengths, row, stop, future);
      for (let first = from; first < seenBefore; first += BLOCK_POSITIONS) {
        const block = widenedKeys(widened, blockOf(table, first) + keys, headDim, keyType);
        for (let r = row; r < stop; r++) {
          const position = at(positions, r);
          if (first + BLOCK_POSITIONS <= firstSeen(position, past, chunk)) continue;
          if (first >= endSeen(position, future, at(lengths, r))) continue;
          const query = queries + ((r * stride + head * headDim) << 2);
          scoreRow(own + (r - row) * scoreBytes + (first << 2), query, block, headDim, scale);
        }
      }
      for (let r = row; r < stop; r++) {
        const position = at(positions, r);
        const seen = firstSeen(position, past, chunk);
        const length = endSeen(position, future, at(lengths, r));
        const mine = own + (r - row) * scoreBytes;
        weighRow(mine, position, seen, length, head, heads, softCap, slopes, bias, distances, sinks);
        const out = weights + (((r * heads + head) * longest) << 2);
        clear(out, 0, seen);
        memory.copy(out + (seen << 2), mine + (seen << 2), (length - seen) << 2);
        clear(out, length, longest);
      }
      row = stop;
    }
  }
}

/**
 * out[row][head] = weights[row][head] . values of the positions that the row sees, for items in [begin, end),
 * as `attentionWeights` has them.
 *
 * @param out f32 [rows, heads, Dv]
 * @param weights f32 [rows, heads, longest], which stay as they are
 * @param dropout rule by which weights are dropped, or 0 for none
 * @param scores [threads][scratchBytes]: weights of QUERY_GROUP rows, and widened values
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
  const widened = own + QUERY_GROUP * scoreBytes;
  const groups = groupsOf(rows);
  for (let item = begin; item < end; item++) {
    const head = item / groups;
    const last = min(rows, ((item % groups) + 1) * QUERY_GROUP);
    const kvHead = head / (heads / kvHeads);
    const values = layer + kvHeads * keyBytes(headDim, keyType) + kvHead * valueBytes(valueDim, valueType);
    for (let row = (item % groups) * QUERY_GROUP; row < last; ) {
      const stop = endOfSequence(tables, row, last);
      const table = at(tables, row);
      for (let r = row; r < stop; r++) {
        const position = at(positions, r);
        const seen = firstSeen(position, past, chunk);
        const length = endSeen(position, future, at(lengths, r));
        const start = seen & ~(BLOCK_POSITIONS - 1);
        const mine = own + (r - row) * scoreBytes;
        const given = weights + (((r * heads + head) * longest + start) << 2);
        memory.copy(mine + (start << 2), given, (length - start) << 2);
        if (dropout != 0) dropRow(mine, seen, length, dropout, <u32>(head * rows + r));
        clear(mine, start, seen);
        clear(mine, length, wholeBlocks(length));
      }
      const from = firstBlock(positions, row, stop, past, chunk);
      const seenBefore = longestOf(positions, lengths, row, stop, future);
      for (let first = from; first < seenBefore; first += BLOCK_POSITIONS) {
        const most = min(BLOCK_POSITIONS, seenBefore - first);
        const block = widenedValues(widened, blockOf(table, first) + values, valueDim, most, valueType);
        for (let r = row; r < stop; r++) {
          const position = at(positions, r);
          const start = firstSeen(position, past, chunk) & ~(BLOCK_POSITIONS - 1);
          const length = endSeen(position, future, at(lengths, r));
          if (first < start || first >= length) continue;
          const count = min(BLOCK_POSITIONS, length - first);
          const to = out + (((r * heads + head) * valueDim) << 2);
          const mine = own + (r - row) * scoreBytes + (first << 2);
          sumRow(to, mine, 4, block, valueRow(valueDim), 0, valueDim, count, first > start);
        }
      }
      row = stop;
    }
  }
}

/** Groups of rows of a head. */
function groupsOf(rows: usize): usize {
  return (rows + QUERY_GROUP - 1) / QUERY_GROUP;
}

/** End of the rows from `row` on that have one cache. */
function endOfSequence(tables: usize, row: usize, last: usize): usize {
  const table = at(tables, row);
  let stop = row + 1;
  while (stop < last && at(tables, stop) == table) stop++;
  return stop;
}

/** First position of the blocks that some of the rows see. */
function firstBlock(positions: usize, row: usize, stop: usize, past: usize, chunk: usize): usize {
  let first = firstSeen(at(positions, row), past, chunk);
  for (let r = row + 1; r < stop; r++) first = min(first, firstSeen(at(positions, r), past, chunk));
  return first & ~(BLOCK_POSITIONS - 1);
}

/** End of the positions that some of the rows see. */
function longestOf(positions: usize, lengths: usize, row: usize, stop: usize, future: usize): usize {
  let longest: usize = 0;
  for (let r = row; r < stop; r++) {
    longest = max(longest, endSeen(at(positions, r), future, at(lengths, r)));
  }
  return longest;
}

/** Address of the block that holds a position. */
function blockOf(table: usize, position: usize): usize {
  return <usize>load<u32>(table + ((position / BLOCK_POSITIONS) << 2));
}
