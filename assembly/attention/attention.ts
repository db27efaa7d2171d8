/**
 * Attention over a key/value cache (kv-layout.ts). Scores sum in the order of the dimensions, outputs
 * in the order of the positions. So the numbers depend on absolute positions only, not on the other rows of
 * the batch.
 */

import { scaleRow } from "../matmul/half-row";
import { SHIFT } from "../packing/half";
import { dropRow } from "../training/dropout";
import { areFinite, scoreRowHalves, sumRowHalves } from "./half-products";
import { arrangeQueries, interleaveTile, QUERY_TILE, scaleRows } from "./interleave";
import { BLOCK_POSITIONS, KvType, keyBytes, valueBytes, valueRow } from "./kv-layout";
import { scaledHalves, widenedKeys, widenedValues } from "./kv-read";
import { at, endSeen, firstSeen } from "./mask";
import { scoreRowScaled, sumRowScaled } from "./scaled-products";
import { scoreRow, scoreTile } from "./scores";
import { sumRow, sumTile } from "./values";
import { weighRow } from "./weights";

/** Rows of a sequence that share a block of keys and values in the cache of the core. */
export const QUERY_GROUP: usize = 16;
/** Bytes of the weights of a tile over a block of positions. */
export const TILE_WEIGHTS: usize = (BLOCK_POSITIONS * QUERY_TILE) << 2;

/**
 * out[row, head] = weights of the positions that the row sees (mask.ts) . their values, for items
 * [begin, end). The weights are those of the scores scale * query . key (weights.ts). Query head h reads
 * key/value head h / (heads / kvHeads).
 *
 * There are two orders of items. Item head * rows + row: the rows of a head follow each other and share its
 * keys and values, a group at a time. With `byRow`, item row * kvHeads + kvHead with all heads that read it:
 * the heads of a row go through its blocks together, so the cache is read from one end to the other. That
 * reading takes the time if every row is a sequence of its own.
 *
 * @param out f32 [rows, heads, Dv]
 * @param queries f32 [rows, stride]; a row begins with its queries [heads, D]
 * @param tables u32 [rows]: the tables of blocks of the caches
 * @param lengths u32 [rows]: positions in these caches
 * @param byRow the order of the items
 * @param dropout rule for the weights (training/dropout.ts), or 0 for none
 * @param scores [threads][scratchBytes]: f32 scores [QUERY_GROUP, or heads with `byRow`] of `scoreBytes`,
 *   those of the positions rounded up to whole blocks and four more with sinks; then as many queries f32 [D];
 *   then the weights of a tile f32 [BLOCK_POSITIONS][QUERY_TILE]; then a block of f32 keys or values of a
 *   head, if the cache has another type
 */
export function attention(
  out: usize,
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
  valueDim: usize,
  scale: f32,
  keyType: KvType,
  valueType: KvType,
  past: usize,
  future: usize,
  chunk: usize,
  softCap: f32,
  slopes: usize,
  bias: usize,
  distances: usize,
  sinks: usize,
  dropout: usize,
  byRow: bool,
  scores: usize,
  scoreBytes: usize,
  scratchBytes: usize,
  worker: usize,
  begin: usize,
  end: usize,
): void {
  scores += worker * scratchBytes;
  const queriesTogether = byRow ? heads : QUERY_GROUP;
  const scaled = scores + queriesTogether * scoreBytes;
  const tileWeights = scaled + ((queriesTogether * headDim) << 2);
  const widened = tileWeights + TILE_WEIGHTS;
  const group = heads / kvHeads;
  const keysOfHead = keyBytes(headDim, keyType);
  const valuesOfHead = valueBytes(valueDim, valueType);
  const queryStep = (byRow ? headDim : stride) << 2;
  const halfValues = valueType == KvType.F16;
  const outStep = (byRow ? valueDim : heads * valueDim) << 2;
  for (let item = begin; item < end; ) {
    const row = byRow ? item / kvHeads : item % rows;
    const kvHead = byRow ? item % kvHeads : item / rows / group;
    const head = byRow ? kvHead * group : item / rows;
    const table = at(tables, row);
    const kvCount = byRow ? min(end - item, kvHeads - kvHead) : 1;
    const shared = byRow ? group : rowsOf(tables, table, row, rows, end - item); // queries of a key/value head
    const last = byRow ? row : row + shared - 1;
    const start = firstSeen(at(positions, row), past, chunk) & ~(BLOCK_POSITIONS - 1);
    const length = endSeen(at(positions, last), future, at(lengths, last));

    const count = kvCount * shared;
    const given = queries + ((row * stride + head * headDim) << 2);
    // Halves are multiplied as they are, and the queries have their factor.
    const halfKeys = keyType == KvType.F16 && scaleRows(scaled, given, queryStep, count, headDim);
    const tiled = shared & ~(QUERY_TILE - 1);
    if (tiled > 0) arrangeQueries(scaled, given, queryStep, headDim, shared, count, halfKeys);
    const query = tiled > 0 || halfKeys ? scaled : given;
    const scaledKeys = byRow && tiled == 0 && keyType > KvType.F16;
    const scaledValues = byRow && tiled == 0 && valueType > KvType.F16;
    for (let first = start; first < length; first += BLOCK_POSITIONS) {
      const block = <usize>load<u32>(table + ((first / BLOCK_POSITIONS) << 2)) + layer;
      const from = block + kvHead * keysOfHead;
      const finite = byRow && halfKeys && tiled == 0 && areFinite(from, kvCount * keysOfHead);
      if (byRow && !finite) fetch(from, kvCount * keysOfHead);
      for (let kv: usize = 0; kv < kvCount; kv++) {
        const stored = from + kv * keysOfHead;
        const keys =
          finite || scaledKeys
            ? stored
            : halfKeys
              ? scaledHalves(widened, stored, headDim * BLOCK_POSITIONS)
              : widenedKeys(widened, stored, headDim, keyType);
        for (let i: usize = 0; i < shared; ) {
          const tile: usize = shared - i >= QUERY_TILE ? QUERY_TILE : 1;
          const own = byRow ? row : row + i + tile - 1;
          if (first < endSeen(at(positions, own), future, at(lengths, own))) {
            const number = kv * shared + i;
            const to = scores + number * scoreBytes + (first << 2);
            const q = query + number * (query == scaled ? headDim << 2 : queryStep);
            if (finite) scoreRowHalves(to, q, keys, headDim, scale);
            else if (scaledKeys) scoreRowScaled(to, q, keys, headDim, scale, keyType);
            else if (tile == QUERY_TILE) scoreTile(to, scoreBytes, q, keys, headDim, scale);
            else scoreRow(to, q, keys, headDim, scale);
          }
          i += tile;
        }
      }
    }

    for (let i: usize = 0; i < count; i++) {
      const weights = scores + i * scoreBytes;
      const ownRow = byRow ? row : row + i;
      const ownHead = byRow ? head + i : head;
      const position = at(positions, ownRow);
      const first = firstSeen(position, past, chunk);
      const own = endSeen(position, future, at(lengths, ownRow));
      weighRow(weights, position, first, own, ownHead, heads, softCap, slopes, bias, distances, sinks);
      if (dropout != 0) dropRow(weights, first, own, dropout, <u32>(ownHead * rows + ownRow));
      clear(weights, start, first);
      clear(weights, own, wholeBlocks(length));
      // Those of a tile get their factor when they are interleaved.
      if (halfValues && i % shared >= tiled)
        scaleRow(weights + (first << 2), weights + (first << 2), own - first);
    }

    const to = out + (((row * heads + head) * valueDim) << 2);
    const valuesOfBlock = layer + kvHeads * keysOfHead + kvHead * valuesOfHead;
    for (let first = start; first < length; first += BLOCK_POSITIONS) {
      const block = <usize>load<u32>(table + ((first / BLOCK_POSITIONS) << 2)) + valuesOfBlock;
      const finite = byRow && halfValues && tiled == 0 && areFinite(block, kvCount * valuesOfHead);
      if (byRow && !finite) fetch(block, kvCount * valuesOfHead);
      const most = min(BLOCK_POSITIONS, length - first);
      for (let kv: usize = 0; kv < kvCount; kv++) {
        const stored = block + kv * valuesOfHead;
        const values =
          finite || scaledValues
            ? stored
            : halfValues
              ? scaledHalves(widened, stored, most * (valueRow(valueDim) >> 2))
              : widenedValues(widened, stored, valueDim, most, valueType);
        for (let i: usize = 0; i < shared; ) {
          const tile: usize = shared - i >= QUERY_TILE ? QUERY_TILE : 1;
          const own = byRow ? row : row + i + tile - 1;
          const seen = endSeen(at(positions, own), future, at(lengths, own));
          if (first < seen) {
            const number = kv * shared + i;
            const weights = scores + number * scoreBytes + (first << 2);
            const sum = to + number * outStep;
            const few = min(BLOCK_POSITIONS, seen - first);
            if (finite)
              sumRowHalves(sum, weights, stored, valueRow(valueDim) >> 1, valueDim, few, first > start);
            else if (scaledValues)
              sumRowScaled(sum, weights, values, valueDim, few, first > start, valueType, tileWeights);
            else if (tile == 1)
              sumRow(sum, weights, 4, values, valueRow(valueDim), 0, valueDim, few, first > start);
            else {
              interleaveTile(tileWeights, weights, scoreBytes, few, halfValues ? SHIFT : 1);
              sumValues(sum, outStep, tileWeights, values, valueDim, few, first > start);
            }
          }
          i += tile;
        }
      }
    }
    item += byRow ? kvCount : count;
  }
}

/**
 * Reads a byte of every cache line. Without it the scores and sums wait for one line after the other, because
 * a run of lines is too short for the processor to read ahead. Attention of a row over f32 takes 0.8 of the
 * time.
 */
function fetch(from: usize, bytes: usize): void {
  for (const stop = from + bytes; from < stop; from += 64) load<u8>(from);
}

/** out[r] (+)= the sum over `count` positions of weights[r] times values, for the rows of a tile. */
function sumValues(
  out: usize,
  outStep: usize,
  weights: usize,
  values: usize,
  valueDim: usize,
  count: usize,
  adds: bool,
): void {
  const rowBytes = valueRow(valueDim);
  const step = QUERY_TILE << 2;
  const done = sumTile(out, outStep, weights, step, values, rowBytes, valueDim, count, adds);
  if (done == valueDim) return;
  for (let r: usize = 0; r < QUERY_TILE; r++) {
    sumRow(out + r * outStep, weights + (r << 2), step, values, rowBytes, done, valueDim, count, adds);
  }
}

/** Number of rows of a head that go together: those of one sequence, up to a group. */
function rowsOf(tables: usize, table: usize, row: usize, rows: usize, left: usize): usize {
  const most = min(QUERY_GROUP, min(left, rows - row));
  let count: usize = 1;
  while (count < most && at(tables, row + count) == table) count++;
  return count;
}

/** Zeros in the weights of positions [first, end). */
export function clear(weights: usize, first: usize, end: usize): void {
  memory.fill(weights + (first << 2), 0, (end - first) << 2);
}

/** Positions rounded up to whole blocks. */
export function wholeBlocks(length: usize): usize {
  return (length + BLOCK_POSITIONS - 1) & ~(BLOCK_POSITIONS - 1);
}
