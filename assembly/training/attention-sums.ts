/** Scores and weighted sums of the gradient of attention (attention.ts), by tiles of rows. */
import { interleaveTile, QUERY_TILE } from "../attention/interleave";
import { BLOCK_POSITIONS } from "../attention/kv-layout";
import { scoreRow, scoreTile } from "../attention/scores";
import { sumRow, sumTile } from "../attention/values";

/**
 * out[i][j] = scale * rows[i] . keys[j] for `count` rows and the whole blocks of keys that hold [start, seen).
 *
 * @param tile scratch f32 [D][QUERY_TILE]
 */
export function scores(
  out: usize,
  outBytes: usize,
  rows: usize,
  rowBytes: usize,
  count: usize,
  keys: usize,
  headDim: usize,
  start: usize,
  seen: usize,
  scale: f32,
  tile: usize,
): void {
  for (let i: usize = 0; i < count; ) {
    const row = rows + i * rowBytes;
    const isTile = i + QUERY_TILE <= count;
    if (isTile) interleaveTile(tile, row, rowBytes, headDim, 1);
    for (let first = start; first < seen; first += BLOCK_POSITIONS) {
      const block = keys + first * (headDim << 2);
      const to = out + i * outBytes + (first << 2);
      if (isTile) scoreTile(to, outBytes, tile, block, headDim, scale);
      else scoreRow(to, row, block, headDim, scale);
    }
    i += isTile ? QUERY_TILE : 1;
  }
}

/**
 * out[i] (+)= sum over `length` positions of weights[i] * vectors, for `count` rows of out.
 *
 * @param weightBytes bytes from the weights of a row to the next, with 4 bytes from a position to the next. Or
 *   4, with `weightStep` bytes from a position to the next
 * @param tile scratch f32 [length][QUERY_TILE], for weights in rows
 */
export function sums(
  out: usize,
  outBytes: usize,
  count: usize,
  weights: usize,
  weightBytes: usize,
  weightStep: usize,
  vectors: usize,
  rowBytes: usize,
  headDim: usize,
  length: usize,
  adds: bool,
  tile: usize,
): void {
  for (let i: usize = 0; i < count; ) {
    const to = out + i * outBytes;
    const own = weights + i * weightBytes;
    const rows: usize = i + QUERY_TILE <= count ? QUERY_TILE : 1;
    let done: usize = 0;
    if (rows == QUERY_TILE) {
      const isRow = weightBytes != 4;
      if (isRow) interleaveTile(tile, own, weightBytes, length, 1);
      const step = isRow ? QUERY_TILE << 2 : weightStep;
      done = sumTile(to, outBytes, isRow ? tile : own, step, vectors, rowBytes, headDim, length, adds);
    }
    for (let r: usize = 0; r < rows; r++) {
      const row = own + r * weightBytes;
      sumRow(to + r * outBytes, row, weightStep, vectors, rowBytes, done, headDim, length, adds);
    }
    i += rows;
  }
}
