/**
 * Causal attention over a key/value cache kept in blocks of 32 positions.
 *
 * Within a block, a layer has `keys [kvHeads][D][32]` and then `values [kvHeads][32][Dv]`, Dv = D rounded up to 4. So the scores
 * of 32 positions are eight accumulators of four positions each, without horizontal sums, and the weighted sum of values reads whole
 * rows. Every score, and every output, sums in the order of the dimensions or the positions: the numbers depend on
 * absolute positions only, not on what else is computed beside them.
 *
 * A sequence is a table of block addresses; each row brings its table and its position.
 */
import { madd, storeLanes } from "./simd";
import { softmaxRow } from "./softmax";

/** Positions in a block. */
export const BLOCK_POSITIONS: usize = 32;
const KEY_ROW: usize = BLOCK_POSITIONS << 2;

/** Bytes of one layer's keys of one head in a block. */
function keyBytes(headDim: usize): usize {
  return headDim * KEY_ROW;
}

/** Bytes of one value row. */
function valueRow(headDim: usize): usize {
  return ((headDim + 3) & ~3) << 2;
}

/**
 * Stores the rows' keys and values at their positions, for key/value heads [begin, end): neighbouring positions share
 * cache lines, heads do not.
 *
 * @param qkv f32 [rows, (heads + 2 kvHeads) D]: queries, keys, values
 * @param tables u32 [rows], each the address of a table of block addresses (u32)
 * @param positions u32 [rows]
 * @param layer bytes from the start of a block to this layer
 */
export function storeKeysValues(
  qkv: usize,
  tables: usize,
  positions: usize,
  layer: usize,
  rows: usize,
  heads: usize,
  kvHeads: usize,
  headDim: usize,
  begin: usize,
  end: usize,
): void {
  const width = (heads + 2 * kvHeads) * headDim;
  const values = layer + kvHeads * keyBytes(headDim);
  for (let head = begin; head < end; head++) {
    for (let row: usize = 0; row < rows; row++) {
      const position = <usize>load<u32>(positions + (row << 2));
      const slot = position % BLOCK_POSITIONS;
      const block = blockAddress(tables, row, position / BLOCK_POSITIONS);
      const key = qkv + ((row * width + (heads + head) * headDim) << 2);
      const value = key + ((kvHeads * headDim) << 2);
      let to = block + layer + head * keyBytes(headDim) + (slot << 2);
      for (let i: usize = 0; i < headDim; i++) {
        f32.store(to, f32.load(key + (i << 2)));
        to += KEY_ROW;
      }
      const valueTo = block + values + (head * BLOCK_POSITIONS + slot) * valueRow(headDim);
      memory.copy(valueTo, value, headDim << 2);
    }
  }
}

/**
 * out[row, head] = softmax(scale * query . keys[0..position]) . values[0..position], for items head * rows + row in
 * [begin, end): the rows of a head follow each other, so that its keys and values stay in the cache. Query head h reads
 * key/value head h / (heads / kvHeads).
 *
 * @param out f32 [rows, heads, D]
 * @param scores f32, room for the positions rounded up to whole blocks
 */
export function attention(
  out: usize,
  qkv: usize,
  tables: usize,
  positions: usize,
  layer: usize,
  rows: usize,
  heads: usize,
  kvHeads: usize,
  headDim: usize,
  scale: f32,
  scores: usize,
  begin: usize,
  end: usize,
): void {
  const width = (heads + 2 * kvHeads) * headDim;
  const group = heads / kvHeads;
  const values = kvHeads * keyBytes(headDim);
  for (let item = begin; item < end; item++) {
    const row = item % rows;
    const head = item / rows;
    const kvHead = head / group;
    const length = <usize>load<u32>(positions + (row << 2)) + 1;
    const table = <usize>load<u32>(tables + (row << 2));
    const query = qkv + ((row * width + head * headDim) << 2);
    const keys = layer + kvHead * keyBytes(headDim);
    for (let first: usize = 0; first < length; first += BLOCK_POSITIONS) {
      const block = <usize>load<u32>(table + ((first / BLOCK_POSITIONS) << 2));
      scoreBlock(scores + (first << 2), query, block + keys, headDim, scale);
    }
    softmaxRow(scores, scores, length);
    const rowBytes = valueRow(headDim);
    sumValues(
      out + (((row * heads + head) * headDim) << 2),
      scores,
      table,
      layer + values + kvHead * BLOCK_POSITIONS * rowBytes,
      rowBytes,
      headDim,
      length,
    );
  }
}

function blockAddress(tables: usize, row: usize, index: usize): usize {
  return <usize>load<u32>(<usize>load<u32>(tables + (row << 2)) + (index << 2));
}

/** scores[j] = scale * sum over d of query[d] * keys[d][j], for the 32 positions j of a block. */
function scoreBlock(scores: usize, query: usize, keys: usize, headDim: usize, scale: f32): void {
  let s0 = f32x4.splat(0);
  let s1 = s0;
  let s2 = s0;
  let s3 = s0;
  let s4 = s0;
  let s5 = s0;
  let s6 = s0;
  let s7 = s0;
  for (const stop = query + (headDim << 2); query < stop; query += 4) {
    const q = v128.load_splat<f32>(query);
    s0 = madd(q, v128.load(keys), s0);
    s1 = madd(q, v128.load(keys, 16), s1);
    s2 = madd(q, v128.load(keys, 32), s2);
    s3 = madd(q, v128.load(keys, 48), s3);
    s4 = madd(q, v128.load(keys, 64), s4);
    s5 = madd(q, v128.load(keys, 80), s5);
    s6 = madd(q, v128.load(keys, 96), s6);
    s7 = madd(q, v128.load(keys, 112), s7);
    keys += KEY_ROW;
  }
  const scales = f32x4.splat(scale);
  v128.store(scores, f32x4.mul(s0, scales));
  v128.store(scores, f32x4.mul(s1, scales), 16);
  v128.store(scores, f32x4.mul(s2, scales), 32);
  v128.store(scores, f32x4.mul(s3, scales), 48);
  v128.store(scores, f32x4.mul(s4, scales), 64);
  v128.store(scores, f32x4.mul(s5, scales), 80);
  v128.store(scores, f32x4.mul(s6, scales), 96);
  v128.store(scores, f32x4.mul(s7, scales), 112);
}

/** out[d] = sum over positions of weights[position] * values[position][d], sixteen dimensions at a time, then four. */
function sumValues(
  out: usize,
  weights: usize,
  table: usize,
  values: usize,
  rowBytes: usize,
  headDim: usize,
  length: usize,
): void {
  let d: usize = 0;
  for (; d + 16 <= headDim; d += 16) {
    let a0 = f32x4.splat(0);
    let a1 = a0;
    let a2 = a0;
    let a3 = a0;
    for (let first: usize = 0; first < length; first += BLOCK_POSITIONS) {
      let value = <usize>load<u32>(table + ((first / BLOCK_POSITIONS) << 2)) + values + (d << 2);
      const stop = min(length, first + BLOCK_POSITIONS);
      for (let position = first; position < stop; position++) {
        const w = v128.load_splat<f32>(weights + (position << 2));
        a0 = madd(w, v128.load(value), a0);
        a1 = madd(w, v128.load(value, 16), a1);
        a2 = madd(w, v128.load(value, 32), a2);
        a3 = madd(w, v128.load(value, 48), a3);
        value += rowBytes;
      }
    }
    v128.store(out + (d << 2), a0);
    v128.store(out + (d << 2), a1, 16);
    v128.store(out + (d << 2), a2, 32);
    v128.store(out + (d << 2), a3, 48);
  }
  for (; d < headDim; d += 4) {
    let a = f32x4.splat(0);
    for (let first: usize = 0; first < length; first += BLOCK_POSITIONS) {
      let value = <usize>load<u32>(table + ((first / BLOCK_POSITIONS) << 2)) + values + (d << 2);
      const stop = min(length, first + BLOCK_POSITIONS);
      for (let position = first; position < stop; position++) {
        a = madd(v128.load_splat<f32>(weights + (position << 2)), v128.load(value), a);
        value += rowBytes;
      }
    }
    storeLanes(out + (d << 2), a, headDim - d);
  }
}
