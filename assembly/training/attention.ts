/**
 * The gradient of causal attention over whole sequences. The forward pass is computed again, 32 queries at a
 * time, with the same functions (as in Dao 2023, "FlashAttention-2", section 3.1.2, without its tiles). With
 * P = softmax(S), S = scale Q K^T, O = P V:
 *
 *   dV = P^T dO,  dP = dO V^T,  dS = P (dP - sum over keys of P dP),  dQ = scale dS K,  dK = scale dS^T Q
 */
import { QUERY_TILE } from "../attention/attention";
import { BLOCK_POSITIONS, KEY_ROW } from "../attention/kv-layout";
import { scoreRow, scoreTile } from "../attention/scores";
import { sumRow, sumTile } from "../attention/values";
import { softmaxRow } from "../norm/softmax";
import { madd, sumLanes } from "../simd";
import { dropRow } from "./dropout";

/**
 * The gradients of queries, keys and values, for items sequence * kvHeads + key/value head in [begin, end).
 *
 * @param dqkv f32 [rows, (heads + 2 kvHeads) D]
 * @param dout f32 [rows, heads, D]
 * @param qkv f32, laid out like dqkv
 * @param bounds u32 [sequences + 1]: the first row of each sequence, and the number of rows
 * @param longest positions of the longest sequence, rounded up to whole blocks
 * @param dropout rule of the forward pass, or 0
 * @param scratch [threads][scratchBytes]: f32 keys and values [2][longest][D], weights [2][32][longest]
 */
export function attentionGradient(
  dqkv: usize,
  dout: usize,
  qkv: usize,
  bounds: usize,
  rows: usize,
  heads: usize,
  kvHeads: usize,
  headDim: usize,
  scale: f32,
  longest: usize,
  dropout: usize,
  scratch: usize,
  scratchBytes: usize,
  worker: usize,
  begin: usize,
  end: usize,
): void {
  const group = heads / kvHeads;
  const rowBytes = ((heads + 2 * kvHeads) * headDim) << 2;
  const outBytes = (heads * headDim) << 2;
  const headBytes = headDim << 2;
  const weightBytes = longest << 2;
  const keys = scratch + worker * scratchBytes;
  const values = keys + longest * headBytes;
  const weights = values + longest * headBytes;
  const dWeights = weights + BLOCK_POSITIONS * weightBytes;

  for (let item = begin; item < end; item++) {
    const sequence = item / kvHeads;
    const kvHead = item % kvHeads;
    const firstRow = <usize>load<u32>(bounds + (sequence << 2));
    const length = <usize>load<u32>(bounds + (sequence << 2), 4) - firstRow;
    const first = firstRow * rowBytes;
    const key = first + (heads + kvHead) * headBytes;
    const value = key + kvHeads * headBytes;
    transposeBlocks(keys, qkv + key, rowBytes, headDim, length);
    transposeBlocks(values, qkv + value, rowBytes, headDim, length);
    for (let row: usize = 0; row < length; row++) {
      memory.fill(dqkv + key + row * rowBytes, 0, headBytes);
      memory.fill(dqkv + value + row * rowBytes, 0, headBytes);
    }

    for (let head = kvHead * group; head < (kvHead + 1) * group; head++) {
      const query = first + head * headBytes;
      const out = firstRow * outBytes + head * headBytes;
      for (let block: usize = 0; block < length; block += BLOCK_POSITIONS) {
        const count = min(BLOCK_POSITIONS, length - block);
        const seen = block + count;
        const queries = qkv + query + block * rowBytes;
        const douts = dout + out + block * outBytes;
        scores(weights, weightBytes, queries, rowBytes, count, keys, headDim, seen, scale);
        scores(dWeights, weightBytes, douts, outBytes, count, values, headDim, seen, 1);
        for (let i: usize = 0; i < count; i++) {
          const item = <u32>(head * rows + firstRow + block + i);
          const offset = i * weightBytes;
          differentiateRow(weights + offset, dWeights + offset, block + i + 1, seen, scale, dropout, item);
        }

        const dquery = dqkv + query + block * rowBytes;
        for (let other: usize = 0; other < seen; other += BLOCK_POSITIONS) {
          const others = qkv + key + other * rowBytes;
          const own = dWeights + (other << 2);
          const few = min(BLOCK_POSITIONS, seen - other);
          sums(dquery, rowBytes, count, own, weightBytes, 4, others, rowBytes, headDim, few, other > 0);
        }
        sums(dqkv + key, rowBytes, seen, dWeights, 4, weightBytes, queries, rowBytes, headDim, count, true);
        sums(dqkv + value, rowBytes, seen, weights, 4, weightBytes, douts, outBytes, headDim, count, true);
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

/** out[i][j] = scale * rows[i] . keys[j] for `count` rows and whole blocks of keys, up to `seen`. */
function scores(
  out: usize,
  outBytes: usize,
  rows: usize,
  rowBytes: usize,
  count: usize,
  keys: usize,
  headDim: usize,
  seen: usize,
  scale: f32,
): void {
  for (let first: usize = 0; first < seen; first += BLOCK_POSITIONS) {
    const block = keys + first * (headDim << 2);
    const to = out + (first << 2);
    let i: usize = 0;
    for (; i + QUERY_TILE <= count; i += QUERY_TILE) {
      scoreTile(to + i * outBytes, outBytes, rows + i * rowBytes, rowBytes, block, headDim, scale);
    }
    for (; i < count; i++) scoreRow(to + i * outBytes, rows + i * rowBytes, block, headDim, scale);
  }
}

/**
 * Turns scores into weights, and the gradient of the weights into the gradient of the scores times scale.
 * Keys from `own` on, which the row does not see, get zeros.
 */
function differentiateRow(
  weights: usize,
  gradient: usize,
  own: usize,
  seen: usize,
  scale: f32,
  dropout: usize,
  item: u32,
): void {
  softmaxRow(weights, weights, own);
  if (dropout != 0) dropRow(gradient, own, dropout, item);
  const padded = (seen + 3) & ~3;
  memory.fill(weights + (own << 2), 0, (padded - own) << 2);
  memory.fill(gradient + (own << 2), 0, (padded - own) << 2);
  let lanes = f32x4.splat(0);
  for (let i: usize = 0; i < padded << 2; i += 16) {
    lanes = madd(v128.load(weights + i), v128.load(gradient + i), lanes);
  }
  const total = f32x4.splat(sumLanes(lanes));
  const scales = f32x4.splat(scale);
  for (let i: usize = 0; i < padded << 2; i += 16) {
    const slope = f32x4.mul(v128.load(weights + i), f32x4.sub(v128.load(gradient + i), total));
    v128.store(gradient + i, f32x4.mul(slope, scales));
  }
  if (dropout != 0) dropRow(weights, own, dropout, item);
}

/** out[i] (+)= sum over `length` positions of weights[i] * vectors, for `count` rows of out. */
function sums(
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
): void {
  for (let i: usize = 0; i < count; ) {
    const to = out + i * outBytes;
    const own = weights + i * weightBytes;
    const rows: usize = i + QUERY_TILE <= count ? QUERY_TILE : 1;
    const done =
      rows == QUERY_TILE
        ? sumTile(to, outBytes, own, weightBytes, weightStep, vectors, rowBytes, headDim, length, adds)
        : 0;
    for (let r: usize = 0; r < rows; r++) {
      const row = own + r * weightBytes;
      sumRow(to + r * outBytes, row, weightStep, vectors, rowBytes, done, headDim, length, adds);
    }
    i += rows;
  }
}
