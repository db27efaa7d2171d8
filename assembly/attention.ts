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
 * out[row, head] = softmax(scale * query . keys[0..position]) . values[0..position], for items [begin, end). Query head h reads
 * key/value head h / (heads / kvHeads).
 *
 * Item head * rows + row: the rows of a head follow each other and share its keys and values, a tile at a time. Or, by row,
 * item row * heads + head: all heads of a row go through its blocks together, so that the cache is read from one end to the
 * other, which is what takes the time where every row is of a sequence of its own.
 *
 * @param out f32 [rows, heads, D]
 * @param byRow how items are counted
 * @param dropout rule by which weights are dropped (dropout.ts), or 0 for none
 * @param scores f32 [TILE, or by row heads][scoreBytes / 4]: each has room for the positions rounded up to whole blocks
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
  byRow: bool,
  scores: usize,
  scoreBytes: usize,
  begin: usize,
  end: usize,
): void {
  const width = (heads + 2 * kvHeads) * headDim;
  const group = heads / kvHeads;
  const rowBytes = valueRow(headDim);
  const firstValue = layer + kvHeads * keyBytes(headDim);
  const queryStep = (byRow ? headDim : width) << 2;
  const outStep = (byRow ? headDim : heads * headDim) << 2;
  for (let item = begin; item < end; ) {
    const row = byRow ? item / heads : item % rows;
    const head = byRow ? item % heads : item / rows;
    const table = <usize>load<u32>(tables + (row << 2));
    const count = byRow ? min(end - item, heads - head) : tileOf(tables, table, row, rows, end - item);
    const length = lengthOf(positions, byRow ? row : row + count - 1);

    const query = qkv + ((row * width + head * headDim) << 2);
    for (let first: usize = 0; first < length; first += BLOCK_POSITIONS) {
      const block = <usize>load<u32>(table + ((first / BLOCK_POSITIONS) << 2)) + layer;
      for (let i: usize = 0; i < count; ) {
        const own = byRow ? head + i : head;
        const tiled = byRow ? isTile(own, group, count - i) : count == TILE;
        const keys = block + (own / group) * keyBytes(headDim);
        const to = scores + i * scoreBytes + (first << 2);
        if (tiled) scoreTile(to, scoreBytes, query + i * queryStep, queryStep, keys, headDim, scale);
        else scoreRow(to, query + i * queryStep, keys, headDim, scale);
        i += tiled ? TILE : 1;
      }
    }

    for (let i: usize = 0; i < count; i++) {
      const weights = scores + i * scoreBytes;
      const own = lengthOf(positions, byRow ? row : row + i);
      softmaxRow(weights, weights, own);
      const number = byRow ? (head + i) * rows + row : head * rows + row + i;
      if (dropout != 0) dropRow(weights, own, dropout, <u32>number);
      memory.fill(weights + (own << 2), 0, (length - own) << 2);
    }

    const to = out + (((row * heads + head) * headDim) << 2);
    for (let first: usize = 0; first < length; first += BLOCK_POSITIONS) {
      const block = <usize>load<u32>(table + ((first / BLOCK_POSITIONS) << 2)) + firstValue;
      const seen = min(BLOCK_POSITIONS, length - first);
      const adds = first > 0;
      for (let i: usize = 0; i < count; ) {
        const own = byRow ? head + i : head;
        const tile = (byRow ? isTile(own, group, count - i) : count == TILE) ? TILE : 1;
        const values = block + (own / group) * BLOCK_POSITIONS * rowBytes;
        const weights = scores + i * scoreBytes + (first << 2);
        const sum = to + i * outStep;
        const done =
          tile == TILE
            ? sumTile(sum, outStep, weights, scoreBytes, 4, values, rowBytes, headDim, seen, adds)
            : 0;
        for (let r: usize = 0; r < tile; r++) {
          const row = weights + r * scoreBytes;
          sumRow(sum + r * outStep, row, 4, values, rowBytes, done, headDim, seen, adds);
        }
        i += tile;
      }
    }
    item += count;
  }
}

/** How many rows of a head, from a row on, go together: a tile where they are of one sequence. */
function tileOf(tables: usize, table: usize, row: usize, rows: usize, left: usize): usize {
  const fits = left >= TILE && row + TILE <= rows;
  return fits && load<u32>(tables + ((row + TILE - 1) << 2)) == table ? TILE : 1;
}

/** Whether the next heads of a row are a tile: they read the same key/value head. */
function isTile(head: usize, group: usize, left: usize): bool {
  return left >= TILE && (head % group) + TILE <= group;
}

/** Positions that a row sees: its own and those before it. */
function lengthOf(positions: usize, row: usize): usize {
  return <usize>load<u32>(positions + (row << 2)) + 1;
}

function blockAddress(tables: usize, row: usize, index: usize): usize {
  return <usize>load<u32>(<usize>load<u32>(tables + (row << 2)) + (index << 2));
}
