/** Sums of values, weighted by the attention their positions get. */
import { BLOCK_POSITIONS } from "./attention";
import { loadLanes, madd, storeLanes, storePair } from "./simd";

/**
 * out[d] (+)= sum over positions of weights[position] * values[position][d], for dimensions [begin, D): sixteen at a time,
 * then four.
 *
 * @param weightStep bytes from one position's weight to the next
 * @param table addresses of the blocks of values, u32
 * @param values bytes from the start of a block to its first value
 * @param rowBytes bytes from one position's value to the next
 * @param adds whether the sum is added to out, or replaces it
 */
export function sumRow(
  out: usize,
  weights: usize,
  weightStep: usize,
  table: usize,
  values: usize,
  rowBytes: usize,
  begin: usize,
  headDim: usize,
  length: usize,
  adds: bool,
): void {
  let d = begin;
  for (; d + 16 <= headDim; d += 16) {
    const to = out + (d << 2);
    let a0 = adds ? v128.load(to) : f32x4.splat(0);
    let a1 = adds ? v128.load(to, 16) : f32x4.splat(0);
    let a2 = adds ? v128.load(to, 32) : f32x4.splat(0);
    let a3 = adds ? v128.load(to, 48) : f32x4.splat(0);
    for (let first: usize = 0; first < length; first += BLOCK_POSITIONS) {
      let value = <usize>load<u32>(table + ((first / BLOCK_POSITIONS) << 2)) + values + (d << 2);
      const stop = min(length, first + BLOCK_POSITIONS) * weightStep;
      for (let position = first * weightStep; position < stop; position += weightStep) {
        const w = v128.load_splat<f32>(weights + position);
        a0 = madd(w, v128.load(value), a0);
        a1 = madd(w, v128.load(value, 16), a1);
        a2 = madd(w, v128.load(value, 32), a2);
        a3 = madd(w, v128.load(value, 48), a3);
        value += rowBytes;
      }
    }
    v128.store(to, a0);
    v128.store(to, a1, 16);
    v128.store(to, a2, 32);
    v128.store(to, a3, 48);
  }
  for (; d < headDim; d += 4) {
    let a = adds ? loadLanes(out + (d << 2), headDim - d) : f32x4.splat(0);
    for (let first: usize = 0; first < length; first += BLOCK_POSITIONS) {
      let value = <usize>load<u32>(table + ((first / BLOCK_POSITIONS) << 2)) + values + (d << 2);
      const stop = min(length, first + BLOCK_POSITIONS) * weightStep;
      for (let position = first * weightStep; position < stop; position += weightStep) {
        a = madd(v128.load_splat<f32>(weights + position), v128.load(value), a);
        value += rowBytes;
      }
    }
    storeLanes(out + (d << 2), a, headDim - d);
  }
}

/**
 * The same for TILE rows of weights, eight dimensions at a time: two loads of values serve four queries.
 *
 * @param out rows `outStep` bytes apart
 * @param weightBytes bytes from one row of weights to the next
 * @returns how many dimensions are done: D rounded down to whole eights
 */
export function sumTile(
  out: usize,
  outStep: usize,
  weights: usize,
  weightBytes: usize,
  weightStep: usize,
  table: usize,
  values: usize,
  rowBytes: usize,
  headDim: usize,
  length: usize,
  adds: bool,
): usize {
  const w1 = weights + weightBytes;
  const w2 = w1 + weightBytes;
  const w3 = w2 + weightBytes;
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
    for (let first: usize = 0; first < length; first += BLOCK_POSITIONS) {
      let value = <usize>load<u32>(table + ((first / BLOCK_POSITIONS) << 2)) + values + (d << 2);
      const stop = min(length, first + BLOCK_POSITIONS) * weightStep;
      for (let position = first * weightStep; position < stop; position += weightStep) {
        const a = v128.load(value);
        const b = v128.load(value, 16);
        let w = v128.load_splat<f32>(weights + position);
        a0 = madd(w, a, a0);
        b0 = madd(w, b, b0);
        w = v128.load_splat<f32>(w1 + position);
        a1 = madd(w, a, a1);
        b1 = madd(w, b, b1);
        w = v128.load_splat<f32>(w2 + position);
        a2 = madd(w, a, a2);
        b2 = madd(w, b, b2);
        w = v128.load_splat<f32>(w3 + position);
        a3 = madd(w, a, a3);
        b3 = madd(w, b, b3);
        value += rowBytes;
      }
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
