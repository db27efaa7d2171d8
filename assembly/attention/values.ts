/** Sums of values, weighted by attention. */
import { loadLanes, madd, storeLanes, storePair } from "../simd";

/**
 * out[d] (+)= sum over positions of weights[position] * values[position][d], for dimensions [begin, D): 32 at
 * a time, then four. Callers pass 32 positions at a time, which stay in the cache.
 *
 * @param weightStep bytes from the weight of a position to the next
 * @param rowBytes bytes from the value of a position to the next
 * @param count number of positions
 * @param adds whether the sum is added to out or replaces it
 */
export function sumRow(
  out: usize,
  weights: usize,
  weightStep: usize,
  values: usize,
  rowBytes: usize,
  begin: usize,
  headDim: usize,
  count: usize,
  adds: bool,
): void {
  const stop = weights + count * weightStep;
  let d = begin;
  for (; d + 32 <= headDim; d += 32) {
    const to = out + (d << 2);
    let a0 = adds ? v128.load(to) : f32x4.splat(0);
    let a1 = adds ? v128.load(to, 16) : f32x4.splat(0);
    let a2 = adds ? v128.load(to, 32) : f32x4.splat(0);
    let a3 = adds ? v128.load(to, 48) : f32x4.splat(0);
    let a4 = adds ? v128.load(to, 64) : f32x4.splat(0);
    let a5 = adds ? v128.load(to, 80) : f32x4.splat(0);
    let a6 = adds ? v128.load(to, 96) : f32x4.splat(0);
    let a7 = adds ? v128.load(to, 112) : f32x4.splat(0);
    let value = values + (d << 2);
    for (let weight = weights; weight < stop; weight += weightStep) {
      const w = v128.load_splat<f32>(weight);
      a0 = madd(w, v128.load(value), a0);
      a1 = madd(w, v128.load(value, 16), a1);
      a2 = madd(w, v128.load(value, 32), a2);
      a3 = madd(w, v128.load(value, 48), a3);
      a4 = madd(w, v128.load(value, 64), a4);
      a5 = madd(w, v128.load(value, 80), a5);
      a6 = madd(w, v128.load(value, 96), a6);
      a7 = madd(w, v128.load(value, 112), a7);
      value += rowBytes;
    }
    storePair(to, a0, a1);
    storePair(to + 32, a2, a3);
    storePair(to + 64, a4, a5);
    storePair(to + 96, a6, a7);
  }
  for (; d < headDim; d += 4) {
    const to = out + (d << 2);
    let a = adds ? loadLanes(to, headDim - d) : f32x4.splat(0);
    let value = values + (d << 2);
    for (let weight = weights; weight < stop; weight += weightStep) {
      a = madd(v128.load_splat<f32>(weight), v128.load(value), a);
      value += rowBytes;
    }
    storeLanes(to, a, headDim - d);
  }
}

/**
 * `sumRow` for QUERY_TILE rows of weights, eight dimensions at a time. Two loads of values serve four
 * queries.
 *
 * @param out rows `outStep` bytes apart
 * @param weights f32 [QUERY_TILE] at each position, `weightStep` bytes apart
 * @returns number of dimensions that are done: D rounded down to whole eights
 */
export function sumTile(
  out: usize,
  outStep: usize,
  weights: usize,
  weightStep: usize,
  values: usize,
  rowBytes: usize,
  headDim: usize,
  count: usize,
  adds: bool,
): usize {
  const stop = weights + count * weightStep;
  let d: usize = 0;
  for (; d + 8 <= headDim; d += 8) {
    let a0 = f32x4.splat(0);
    let a1 = a0;
    let a2 = a0;
    let a3 = a0;
    let b0 = a0;
    let b1 = a0;
    let b2 = a0;
    let b3 = a0;
    let to = out + (d << 2);
    if (adds) {
      a0 = v128.load(to);
      b0 = v128.load(to, 16);
      a1 = v128.load(to + outStep);
      b1 = v128.load(to + outStep, 16);
      a2 = v128.load(to + 2 * outStep);
      b2 = v128.load(to + 2 * outStep, 16);
      a3 = v128.load(to + 3 * outStep);
      b3 = v128.load(to + 3 * outStep, 16);
    }
    let value = values + (d << 2);
    for (let weight = weights; weight < stop; weight += weightStep) {
      const a = v128.load(value);
      const b = v128.load(value, 16);
      let w = v128.load_splat<f32>(weight);
      a0 = madd(w, a, a0);
      b0 = madd(w, b, b0);
      w = v128.load_splat<f32>(weight, 4);
      a1 = madd(w, a, a1);
      b1 = madd(w, b, b1);
      w = v128.load_splat<f32>(weight, 8);
      a2 = madd(w, a, a2);
      b2 = madd(w, b, b2);
      w = v128.load_splat<f32>(weight, 12);
      a3 = madd(w, a, a3);
      b3 = madd(w, b, b3);
      value += rowBytes;
    }
    storePair(to, a0, b0);
    to += outStep;
    storePair(to, a1, b1);
    to += outStep;
    storePair(to, a2, b2);
    to += outStep;
    storePair(to, a3, b3);
  }
  return d;
}
