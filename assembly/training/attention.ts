/**
 * The gradient of attention over whole sequences. The forward pass is computed again, 32 queries at a time,
 * with the same functions (as in Dao 2023, "FlashAttention-2", section 3.1.2, without its tiles). With the
 * scores S = scale Q K^T, their cap C = c tanh(S / c), P = softmax(C + biases), O = P V:
 *
 *   dV = P^T dO,  dP = dO V^T,  dC = P (dP - sum over keys of P dP),  dS = dC (1 - (C / c)^2),
 *   dQ = scale dS K,  dK = scale dS^T Q
 *
 * The bias of a distance gets the sum of dC over its keys and queries. A sink has no value, so its gradient is
 * the sum over the queries of -P(sink) (sum over keys of P dP).
 */

import { BLOCK_POSITIONS, KEY_ROW } from "../attention/kv-layout";
import { at, endSeen, firstSeen } from "../attention/mask";
import { biasIndex, capRow, weighRow } from "../attention/weights";
import { clearOthers, differentiateRow, scaleRow, uncapRow } from "./attention-rows";
import { scores, sums } from "./attention-sums";
import { dropRow } from "./dropout";

/**
 * The gradients of queries, keys and values, for items sequence * kvHeads + key/value head in [begin, end).
 * Rows of queries and of their gradient lie `stride` elements apart, rows of keys, of values and of their
 * gradients `keyStride`.
 *
 * @param dout f32 [rows, heads, Dv]
 * @param bounds u32 [sequences + 1]: the first row of queries of each sequence, and the number of rows
 * @param keyBounds the same for the keys
 * @param longest keys of the longest sequence, rounded up to whole blocks
 * @param dbias f32 [sequences, distances, heads], or 0; it is added to
 * @param dsinks f32 [sequences, heads], or 0; it is added to
 * @param dropout rule of the forward pass, or 0
 * @param scratch [threads][scratchBytes]: f32 keys [longest][D], values [longest][Dv], weights and gradients
 *   [2][32][longest + 4], a tile of rows [max(D, Dv, 32)][QUERY_TILE], capped scores [longest]
 */
export function attentionGradient(
  dqueries: usize,
  dkeys: usize,
  dvalues: usize,
  dout: usize,
  queries: usize,
  keys: usize,
  values: usize,
  stride: usize,
  keyStride: usize,
  bounds: usize,
  keyBounds: usize,
  rows: usize,
  heads: usize,
  kvHeads: usize,
  headDim: usize,
  valueDim: usize,
  scale: f32,
  longest: usize,
  past: usize,
  future: usize,
  chunk: usize,
  softCap: f32,
  slopes: usize,
  bias: usize,
  distances: usize,
  sinks: usize,
  dbias: usize,
  dsinks: usize,
  dropout: usize,
  scratch: usize,
  scratchBytes: usize,
  worker: usize,
  begin: usize,
  end: usize,
): void {
  const group = heads / kvHeads;
  const rowBytes = stride << 2;
  const keyBytes = keyStride << 2;
  const outBytes = (heads * valueDim) << 2;
  const weightBytes = (longest + 4) << 2;
  const ownKeys = scratch + worker * scratchBytes;
  const ownValues = ownKeys + ((longest * headDim) << 2);
  const weights = ownValues + ((longest * valueDim) << 2);
  const dweights = weights + BLOCK_POSITIONS * weightBytes;
  const tile = dweights + BLOCK_POSITIONS * weightBytes;
  const capped = tile + (max(max(headDim, valueDim), BLOCK_POSITIONS) << 4); // [][QUERY_TILE]

  for (let item = begin; item < end; item++) {
    const sequence = item / kvHeads;
    const kvHead = item % kvHeads;
    const firstRow = at(bounds, sequence);
    const count = at(bounds, sequence + 1) - firstRow;
    const firstKey = at(keyBounds, sequence);
    const length = at(keyBounds, sequence + 1) - firstKey;
    const key = firstKey * keyBytes + ((kvHead * headDim) << 2);
    const value = firstKey * keyBytes + ((kvHead * valueDim) << 2);
    transposeBlocks(ownKeys, keys + key, keyBytes, headDim, length);
    transposeBlocks(ownValues, values + value, keyBytes, valueDim, length);
    for (let row: usize = 0; row < length; row++) {
      memory.fill(dkeys + key + row * keyBytes, 0, headDim << 2);
      memory.fill(dvalues + value + row * keyBytes, 0, valueDim << 2);
    }

    for (let head = kvHead * group; head < (kvHead + 1) * group; head++) {
      const query = firstRow * rowBytes + ((head * headDim) << 2);
      const out = firstRow * outBytes + ((head * valueDim) << 2);
      const dsink = dsinks == 0 ? 0 : dsinks + ((sequence * heads + head) << 2);
      const dtable = dbias == 0 ? 0 : dbias + ((sequence * distances * heads) << 2);
      for (let block: usize = 0; block < count; block += BLOCK_POSITIONS) {
        const few = min(BLOCK_POSITIONS, count - block);
        const start = firstSeen(block, past, chunk) & ~(BLOCK_POSITIONS - 1);
        const seen = endSeen(block + few - 1, future, length);
        const from = queries + query + block * rowBytes;
        const douts = dout + out + block * outBytes;
        scores(weights, weightBytes, from, rowBytes, few, ownKeys, headDim, start, seen, scale, tile);
        scores(dweights, weightBytes, douts, outBytes, few, ownValues, valueDim, start, seen, 1, tile);
        for (let i: usize = 0; i < few; i++) {
          const position = block + i;
          const first = firstSeen(position, past, chunk);
          const own = endSeen(position, future, length);
          const row = weights + i * weightBytes;
          const drow = dweights + i * weightBytes;
          if (softCap != 0) {
            capRow(row + (first << 2), own - first, softCap);
            memory.copy(capped + (first << 2), row + (first << 2), (own - first) << 2);
          }
          weighRow(row, position, first, own, head, heads, 0, slopes, bias, distances, sinks);
          const sink: f32 = sinks == 0 ? 0 : f32.load(row + (own << 2));
          const number = <u32>(head * rows + firstRow + position);
          if (dropout != 0) dropRow(drow, first, own, dropout, number);
          clearOthers(row, start, first, own, seen);
          clearOthers(drow, start, first, own, seen);
          const total = differentiateRow(row, drow, start, seen);
          if (dsink != 0) f32.store(dsink, f32.load(dsink) - sink * total);
          for (let j = first; dtable != 0 && j < own; j++) {
            const to = dtable + ((biasIndex(j, position, distances) * heads + head) << 2);
            f32.store(to, f32.load(to) + f32.load(drow + (j << 2)));
          }
          if (softCap != 0) uncapRow(drow, capped, first, own, <f32>1 / softCap);
          scaleRow(drow, start, seen, scale);
          if (dropout != 0) dropRow(row, first, own, dropout, number);
        }

        const dquery = dqueries + query + block * rowBytes;
        for (let other = start; other < seen; other += BLOCK_POSITIONS) {
          const others = keys + key + other * keyBytes;
          const own = dweights + (other << 2);
          const size = min(BLOCK_POSITIONS, seen - other);
          sums(
            dquery,
            rowBytes,
            few,
            own,
            weightBytes,
            4,
            others,
            keyBytes,
            headDim,
            size,
            other > start,
            tile,
          );
        }
        const others = seen - start;
        const dkey = dkeys + key + start * keyBytes;
        sums(
          dkey,
          keyBytes,
          others,
          dweights + (start << 2),
          4,
          weightBytes,
          from,
          rowBytes,
          headDim,
          few,
          true,
          tile,
        );
        const dvalue = dvalues + value + start * keyBytes;
        sums(
          dvalue,
          keyBytes,
          others,
          weights + (start << 2),
          4,
          weightBytes,
          douts,
          outBytes,
          valueDim,
          few,
          true,
          tile,
        );
      }
    }
  }
}

/**
 * Rows of vectors to blocks [D][32], the layout of keys in the cache. Positions that do not exist are zero.
 */
function transposeBlocks(out: usize, from: usize, rowBytes: usize, headDim: usize, length: usize): void {
  for (let block: usize = 0; block < length; block += BLOCK_POSITIONS) {
    const to = out + block * (headDim << 2);
    for (let slot: usize = 0; slot < BLOCK_POSITIONS; slot++) {
      const row = from + (block + slot) * rowBytes;
      const exists = block + slot < length;
      for (let d: usize = 0; d < headDim; d++) {
        f32.store(to + d * KEY_ROW + (slot << 2), exists ? f32.load(row + (d << 2)) : 0);
      }
    }
  }
}
