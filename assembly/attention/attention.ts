/**
 * Attention over a key/value cache (kv-layout.ts). Scores sum in the order of the dimensions, outputs
 * in the order of the positions. So the numbers depend on absolute positions only, not on the other rows of
 * the batch.
 */

import { dropRow } from "../training/dropout";
import {
  int8QueryBytes,
  quantizeQuery,
  quantizeWeights,
  scoreRowInt8,
  scoreTileInt8,
  sumRowInt8,
  sumTileInt8,
} from "./int8";
import { BLOCK_POSITIONS, keyBytes, valueBytes, valueRow } from "./kv-layout";
import { at, endSeen, firstSeen } from "./mask";
import { scoreRow, scoreTile } from "./scores";
import { sumRow, sumTile } from "./values";
import { weighRow } from "./weights";

/** Queries that share the loads of keys and values. */
export const QUERY_TILE: usize = 4;

/**
 * out[row, head] = weights of the positions that the row sees (mask.ts) . their values, for items
 * [begin, end). The weights are those of the scores scale * query . key (weights.ts). Query head h reads
 * key/value head h / (heads / kvHeads).
 *
 * There are two orders of items. Item head * rows + row: the rows of a head follow each other and share its
 * keys and values, a tile at a time. With `byRow`, item row * kvHeads + kvHead with all heads that read it:
 * the heads of a row go through its blocks together, so the cache is read from one end to the other. That
 * reading takes the time if every row is a sequence of its own.
 *
 * @param out f32 [rows, heads, Dv]
 * @param queries f32 [rows, stride]; a row begins with its queries [heads, D]
 * @param tables u32 [rows]: the tables of blocks of the caches
 * @param lengths u32 [rows]: positions in these caches
 * @param int8 whether the cache holds int8, else f32
 * @param byRow the order of the items
 * @param dropout rule for the weights (training/dropout.ts), or 0 for none
 * @param scores [threads][QUERY_TILE, or heads with `byRow`][scoreBytes]: f32 scores of the positions rounded
 *   up to whole blocks, four more with sinks, then with int8 a query
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
  int8: bool,
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
  worker: usize,
  begin: usize,
  end: usize,
): void {
  scores += worker * (byRow ? heads : QUERY_TILE) * scoreBytes;
  const group = heads / kvHeads;
  const keysOfHead = keyBytes(headDim, int8);
  const valuesOfHead = valueBytes(valueDim, int8);
  const queryStep = (byRow ? headDim : stride) << 2;
  const outStep = (byRow ? valueDim : heads * valueDim) << 2;
  for (let item = begin; item < end; ) {
    const row = byRow ? item / kvHeads : item % rows;
    const kvHead = byRow ? item % kvHeads : item / rows / group;
    const head = byRow ? kvHead * group : item / rows;
    const table = at(tables, row);
    const kvCount = byRow ? min(end - item, kvHeads - kvHead) : 1;
    const count = byRow ? kvCount * group : tileOf(tables, table, row, rows, end - item);
    const last = byRow ? row : row + count - 1;
    const start = firstSeen(at(positions, row), past, chunk) & ~(BLOCK_POSITIONS - 1);
    const length = endSeen(at(positions, last), future, at(lengths, last));

    let query = queries + ((row * stride + head * headDim) << 2);
    let step = queryStep;
    if (int8) {
      const quantized = scores + scoreBytes - int8QueryBytes(headDim);
      for (let i: usize = 0; i < count; i++) {
        quantizeQuery(quantized + i * scoreBytes, query + i * step, headDim, scale);
      }
      query = quantized;
      step = scoreBytes;
    }
    for (let first = start; first < length; first += BLOCK_POSITIONS) {
      const block = <usize>load<u32>(table + ((first / BLOCK_POSITIONS) << 2)) + layer;
      if (byRow) fetch(block + kvHead * keysOfHead, kvCount * keysOfHead);
      for (let i: usize = 0; i < count; ) {
        const own = byRow ? head + i : head;
        const tiled = byRow ? isTile(own, group, count - i) : count == QUERY_TILE;
        const keys = block + (own / group) * keysOfHead;
        const to = scores + i * scoreBytes + (first << 2);
        const q = query + i * step;
        if (int8) {
          if (tiled) scoreTileInt8(to, scoreBytes, q, step, keys, headDim);
          else scoreRowInt8(to, q, keys, headDim);
        } else if (tiled) scoreTile(to, scoreBytes, q, step, keys, headDim, scale);
        else scoreRow(to, q, keys, headDim, scale);
        i += tiled ? QUERY_TILE : 1;
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
    }

    const to = out + (((row * heads + head) * valueDim) << 2);
    for (let first = start; first < length; first += BLOCK_POSITIONS) {
      const block = <usize>load<u32>(table + ((first / BLOCK_POSITIONS) << 2)) + layer + kvHeads * keysOfHead;
      if (byRow) fetch(block + kvHead * valuesOfHead, kvCount * valuesOfHead);
      const seen = min(BLOCK_POSITIONS, length - first);
      const adds = first > start;
      for (let i: usize = 0; i < count; ) {
        const own = byRow ? head + i : head;
        const tile = (byRow ? isTile(own, group, count - i) : count == QUERY_TILE) ? QUERY_TILE : 1;
        const values = block + (own / group) * valuesOfHead;
        const weights = scores + i * scoreBytes + (first << 2);
        const sum = to + i * outStep;
        if (int8) sumInt8(sum, outStep, tile, weights, scoreBytes, values, valueDim, seen, adds);
        else sumF32(sum, outStep, tile, weights, scoreBytes, values, valueDim, seen, adds);
        i += tile;
      }
    }
    item += byRow ? kvCount : count;
  }
}

/**
 * Reads a byte of every cache line. Without it the scores and sums wait for one line after the other, because
 * a run of lines is too short for the processor to read ahead. Attention of a row takes 0.6 of the time with
 * int8, 0.8 with f32.
 */
function fetch(from: usize, bytes: usize): void {
  for (const stop = from + bytes; from < stop; from += 64) load<u8>(from);
}

/**
 * out[r] (+)= the sum over `count` positions of weights[r] times values, for the rows r < tile, which is
 * QUERY_TILE or 1.
 */
function sumF32(
  out: usize,
  outStep: usize,
  tile: usize,
  weights: usize,
  weightBytes: usize,
  values: usize,
  valueDim: usize,
  count: usize,
  adds: bool,
): void {
  const rowBytes = valueRow(valueDim);
  const done =
    tile == QUERY_TILE
      ? sumTile(out, outStep, weights, weightBytes, 4, values, rowBytes, valueDim, count, adds)
      : 0;
  for (let r: usize = 0; r < tile; r++) {
    const row = weights + r * weightBytes;
    sumRow(out + r * outStep, row, 4, values, rowBytes, done, valueDim, count, adds);
  }
}

/** The same for int8. Overwrites the weights (quantizeWeights). */
function sumInt8(
  out: usize,
  outStep: usize,
  tile: usize,
  weights: usize,
  weightBytes: usize,
  values: usize,
  valueDim: usize,
  count: usize,
  adds: bool,
): void {
  for (let r: usize = 0; r < tile; r++) quantizeWeights(weights + r * weightBytes, values, valueDim);
  if (tile == 1) sumRowInt8(out, weights, values, valueDim, count, adds);
  else sumTileInt8(out, outStep, weights, weightBytes, values, valueDim, count, adds);
}

/** Number of rows of a head that go together: a tile if all belong to one sequence, else 1. */
function tileOf(tables: usize, table: usize, row: usize, rows: usize, left: usize): usize {
  const fits = left >= QUERY_TILE && row + QUERY_TILE <= rows;
  return fits && load<u32>(tables + ((row + QUERY_TILE - 1) << 2)) == table ? QUERY_TILE : 1;
}

/** Whether the next heads of a row form a tile: all read the same key/value head. */
function isTile(head: usize, group: usize, left: usize): bool {
  return left >= QUERY_TILE && (head % group) + QUERY_TILE <= group;
}

/** Zeros in the weights of positions [first, end). */
export function clear(weights: usize, first: usize, end: usize): void {
  memory.fill(weights + (first << 2), 0, (end - first) << 2);
}

/** Positions rounded up to whole blocks. */
export function wholeBlocks(length: usize): usize {
  return (length + BLOCK_POSITIONS - 1) & ~(BLOCK_POSITIONS - 1);
}
