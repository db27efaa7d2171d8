/** Attention scores of the 32 positions of a block, before the softmax. */

import { madd, storePair } from "../simd";
import { QUERY_TILE } from "./interleave";
import { KEY_ROW } from "./kv-layout";

/** scores[j] = scale * sum over d of query[d] * keys[d][j], for the 32 positions j of a block. */
export function scoreRow(scores: usize, query: usize, keys: usize, headDim: usize, scale: f32): void {
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

/**
 * `scoreRow` for QUERY_TILE queries, eight positions at a time. Two loads of keys serve four queries.
 *
 * @param scores f32 [QUERY_TILE, scoreBytes / 4]
 * @param queries f32 [D][QUERY_TILE], from `interleaveTile`
 */
export function scoreTile(
  scores: usize,
  scoreBytes: usize,
  queries: usize,
  keys: usize,
  headDim: usize,
  scale: f32,
): void {
  const scales = f32x4.splat(scale);
  const stop = queries + (headDim << 4);
  for (let position: usize = 0; position < KEY_ROW; position += 32) {
    let a0 = f32x4.splat(0);
    let a1 = a0;
    let a2 = a0;
    let a3 = a0;
    let b0 = a0;
    let b1 = a0;
    let b2 = a0;
    let b3 = a0;
    let key = keys + position;
    for (let query = queries; query < stop; query += QUERY_TILE << 2) {
      const a = v128.load(key);
      const b = v128.load(key, 16);
      let q = v128.load_splat<f32>(query);
      a0 = madd(q, a, a0);
      b0 = madd(q, b, b0);
      q = v128.load_splat<f32>(query, 4);
      a1 = madd(q, a, a1);
      b1 = madd(q, b, b1);
      q = v128.load_splat<f32>(query, 8);
      a2 = madd(q, a, a2);
      b2 = madd(q, b, b2);
      q = v128.load_splat<f32>(query, 12);
      a3 = madd(q, a, a3);
      b3 = madd(q, b, b3);
      key += KEY_ROW;
    }
    let to = scores + position;
    storePair(to, f32x4.mul(a0, scales), f32x4.mul(b0, scales));
    to += scoreBytes;
    storePair(to, f32x4.mul(a1, scales), f32x4.mul(b1, scales));
    to += scoreBytes;
    storePair(to, f32x4.mul(a2, scales), f32x4.mul(b2, scales));
    to += scoreBytes;
    storePair(to, f32x4.mul(a3, scales), f32x4.mul(b3, scales));
  }
}
