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
import { scoreRow, scoreTile } from "./attention-scores";
import { sumRow, sumTile } from "./attention-values";
import { dropRow } from "./dropout";
import { softmaxRow } from "./softmax";

/** Positions in a block. */
export const BLOCK_POSITIONS: usize = 32;
/** Bytes of one dimension of the keys in a block. */
export const KEY_ROW: usize = BLOCK_POSITIONS << 2;
/** Queries that share the loads of keys and values. */
export const TILE: usize = 4;

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
 * @param dropout rule by which weights are dropped (dropout.ts), or 0 for none
 * @param scores f32 [TILE, scoreBytes / 4]: each row has room for the positions rounded up to whole blocks
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
  dropout: usize,
  scores: usize,
  scoreBytes: usize,
  begin: usize,
  end: usize,
): void {
  const width = (heads + 2 * kvHeads) * headDim;
  const group = heads / kvHeads;
  const rowBytes = valueRow(headDim);
  const firstValue = layer + kvHeads * keyBytes(headDim);
  // From one item to the next: the next row of a head, or the next head of an only row.
  const queryStep = (rows > 1 ? width : headDim) << 2;
  const outStep = (rows > 1 ? heads * headDim : headDim) << 2;
  for (let item = begin; item < end; ) {
    const row = item % rows;
    const head = item / rows;
    const kvHead = head / group;
    const table = <usize>load<u32>(tables + (row << 2));
    const last = item + TILE - 1;
    const tiled =
      last < end &&
      last / rows / group == kvHead &&
      (rows == 1 || (row + TILE <= rows && load<u32>(tables + ((row + TILE - 1) << 2)) == table));
    const count: usize = tiled ? TILE : 1;
    const length = lengthOf(positions, (item + count - 1) % rows);

    const query = qkv + ((row * width + head * headDim) << 2);
    const keys = layer + kvHead * keyBytes(headDim);
    for (let first: usize = 0; first < length; first += BLOCK_POSITIONS) {
      const blockKeys = <usize>load<u32>(table + ((first / BLOCK_POSITIONS) << 2)) + keys;
      const to = scores + (first << 2);
      if (tiled) scoreTile(to, scoreBytes, query, queryStep, blockKeys, headDim, scale);
      else scoreRow(to, query, blockKeys, headDim, scale);
    }

    for (let i: usize = 0; i < count; i++) {
      const weights = scores + i * scoreBytes;
      const own = lengthOf(positions, (item + i) % rows);
      softmaxRow(weights, weights, own);
      if (dropout != 0) dropRow(weights, own, dropout, <u32>(item + i));
      memory.fill(weights + (own << 2), 0, (length - own) << 2);
    }

    const to = out + (((row * heads + head) * headDim) << 2);
    const values = firstValue + kvHead * BLOCK_POSITIONS * rowBytes;
    for (let first: usize = 0; first < length; first += BLOCK_POSITIONS) {
      const blockValues = <usize>load<u32>(table + ((first / BLOCK_POSITIONS) << 2)) + values;
      const weights = scores + (first << 2);
      const seen = min(BLOCK_POSITIONS, length - first);
      const adds = first > 0;
      const summed = tiled
        ? sumTile(to, outStep, weights, scoreBytes, 4, blockValues, rowBytes, headDim, seen, adds)
        : 0;
      for (let i: usize = 0; i < count; i++) {
        const own = weights + i * scoreBytes;
        sumRow(to + i * outStep, own, 4, blockValues, rowBytes, summed, headDim, seen, adds);
      }
    }
    item += count;
  }
}

/** Positions that a row sees: its own and those before it. */
function lengthOf(positions: usize, row: usize): usize {
  return <usize>load<u32>(positions + (row << 2)) + 1;
}

function blockAddress(tables: usize, row: usize, index: usize): usize {
  return <usize>load<u32>(<usize>load<u32>(tables + (row << 2)) + (index << 2));
}
