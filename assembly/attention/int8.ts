/**
 * Scores and sums over a cache of 8-bit integers. Queries become integers of 16 bits with a scale, and so do
 * weights times the scales of the values. Sums of integers are exact in any order, so only the cache loses
 * precision.
 */

import { inverseScale, largestMagnitude, nearestWords } from "../simd";
import { Int8Tile, score, storeSum } from "./int8-tile";
import { int8Scales, KEY_PAIR_ROW } from "./kv-layout";

/**
 * Levels of 16-bit integers. Sums of their products with 8 bits fit 32 bits for 512 dimensions and for 32
 * positions.
 */
const LEVELS: f32 = 32767;

/** Bytes after the i16 [D] of a query: its f32 scale, padded. */
export const INT8_QUERY_EXTRA: usize = 16;

/** Bytes of a query: i16 [D], f32 scale. */
export function int8QueryBytes(headDim: usize): usize {
  return (headDim << 1) + INT8_QUERY_EXTRA;
}

/** Quantizes a query and multiplies its scale by `scale`. */
export function quantizeQuery(to: usize, query: usize, headDim: usize, scale: f32): void {
  const largest = largestMagnitude(query, headDim);
  quantizeWords(to, query, headDim, inverseScale(largest, LEVELS));
  f32.store(to + (headDim << 1), (largest / LEVELS) * scale);
}

/**
 * Quantizes the weights of 32 positions in place: weights times the scales of the values, i16 [32], then f32
 * scale. A weight of zero stays zero, because memory without a value may hold anything.
 */
export function quantizeWeights(weights: usize, values: usize, headDim: usize): void {
  const scales = values + int8Scales(headDim);
  for (let i: usize = 0; i < 128; i += 16) {
    const weight = v128.load(weights + i);
    const seen = f32x4.ne(weight, f32x4.splat(0));
    v128.store(weights + i, v128.and(seen, f32x4.mul(weight, v128.load(scales + i))));
  }
  const largest = largestMagnitude(weights, 32);
  quantizeWords(weights, weights, 32, inverseScale(largest, LEVELS));
  f32.store(weights + 64, largest / LEVELS);
}

/** As scoreRow (scores.ts). */
export function scoreRowInt8(scores: usize, query: usize, keys: usize, headDim: usize): void {
  const keyScales = keys + int8Scales(headDim);
  let s0 = i32x4.splat(0);
  let s1 = s0;
  let s2 = s0;
  let s3 = s0;
  let s4 = s0;
  let s5 = s0;
  let s6 = s0;
  let s7 = s0;
  for (const stop = query + (headDim << 1); query < stop; query += 4) {
    const q = v128.load_splat<i32>(query);
    s0 = dot(q, keys, s0);
    s1 = dot(q, keys + 8, s1);
    s2 = dot(q, keys + 16, s2);
    s3 = dot(q, keys + 24, s3);
    s4 = dot(q, keys + 32, s4);
    s5 = dot(q, keys + 40, s5);
    s6 = dot(q, keys + 48, s6);
    s7 = dot(q, keys + 56, s7);
    keys += KEY_PAIR_ROW;
  }
  const scale = v128.load_splat<f32>(query);
  v128.store(scores, score(s0, keyScales, scale));
  v128.store(scores, score(s1, keyScales + 16, scale), 16);
  v128.store(scores, score(s2, keyScales + 32, scale), 32);
  v128.store(scores, score(s3, keyScales + 48, scale), 48);
  v128.store(scores, score(s4, keyScales + 64, scale), 64);
  v128.store(scores, score(s5, keyScales + 80, scale), 80);
  v128.store(scores, score(s6, keyScales + 96, scale), 96);
  v128.store(scores, score(s7, keyScales + 112, scale), 112);
}

/** As scoreTile (scores.ts). */
export function scoreTileInt8(
  scores: usize,
  scoreBytes: usize,
  query: usize,
  queryStep: usize,
  keys: usize,
  headDim: usize,
): void {
  const pairs = headDim >> 1;
  const scale = headDim << 1;
  const keyScales = keys + int8Scales(headDim);
  for (let position: usize = 0; position < KEY_PAIR_ROW; position += 16) {
    const to = scores + (position << 1);
    const scales = keyScales + (position << 1);
    const from = keys + position;
    Int8Tile.multiply(
      true,
      to,
      scoreBytes,
      query,
      queryStep,
      scale,
      pairs,
      from,
      KEY_PAIR_ROW,
      scales,
      false,
    );
  }
}

/** As sumRow (values.ts), over the first `count` positions. Weights come from quantizeWeights. */
export function sumRowInt8(
  out: usize,
  weights: usize,
  values: usize,
  headDim: usize,
  count: usize,
  adds: bool,
): void {
  const scale = v128.load_splat<f32>(weights, 64);
  const rowBytes = headDim << 1;
  const stop = weights + (((count + 1) >> 1) << 2);
  for (const end = out + (headDim << 2); out < end; out += 64) {
    let a0 = i32x4.splat(0);
    let a1 = a0;
    let a2 = a0;
    let a3 = a0;
    let value = values;
    for (let weight = weights; weight < stop; weight += 4) {
      const w = v128.load_splat<i32>(weight);
      a0 = dot(w, value, a0);
      a1 = dot(w, value + 8, a1);
      a2 = dot(w, value + 16, a2);
      a3 = dot(w, value + 24, a3);
      value += rowBytes;
    }
    storeSum(out, a0, scale, adds);
    storeSum(out + 16, a1, scale, adds);
    storeSum(out + 32, a2, scale, adds);
    storeSum(out + 48, a3, scale, adds);
    values += 32;
  }
}

/** As sumTile (values.ts), for all dimensions. */
export function sumTileInt8(
  out: usize,
  outStep: usize,
  weights: usize,
  weightBytes: usize,
  values: usize,
  headDim: usize,
  count: usize,
  adds: bool,
): void {
  const pairs = (count + 1) >> 1;
  const rowBytes = headDim << 1;
  for (const end = out + (headDim << 2); out < end; out += 32) {
    Int8Tile.multiply(false, out, outStep, weights, weightBytes, 64, pairs, values, rowBytes, 0, adds);
    values += 16;
  }
}

/** sum + products of a pair of 16-bit integers with four pairs of 8-bit integers. */
function dot(pair: v128, pairs: usize, sum: v128): v128 {
  return i32x4.add(sum, i32x4.dot_i16x8_s(pair, v128.load_ext<i8>(pairs)));
}

/** Writes i16 [count] to `to`, which may be `from`. count is a multiple of 8. */
function quantizeWords(to: usize, from: usize, count: usize, inverse: v128): void {
  for (const stop = from + (count << 2); from < stop; from += 32) {
    v128.store(to, nearestWords(from, inverse));
    to += 16;
  }
}
