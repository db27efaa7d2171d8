/**
 * Scores and sums of a row over finite halves, as scores.ts and values.ts over floats. A half in the place of
 * a float is 2^-112 times its value (packing/widen-halves.ts), and the queries, or the weights, are 2^112
 * times theirs: the products are the same.
 *
 * Four or more rows or heads that share a block widen it once. Fewer widen as they multiply: with a key/value
 * head for each head that took 0.6 of the time of widening first. For four at once it took 1.1 of the time.
 */
import { Halves } from "../packing/widen-halves";
import { loadLanes, madd, storeLanes, storePair } from "../simd";
import { HALF_KEY_ROW } from "./kv-layout";

/**
 * Widens halves, whole vectors, to floats times 2^-112.
 *
 * @returns whether all are finite. Else the infinite ones and NaN are wrong
 */
export function widenFinite(to: usize, from: usize, count: usize): bool {
  const fields = Halves.fields();
  let largest = i16x8.splat(0);
  for (const stop = from + (count << 1); from < stop; from += 16) {
    const halves = v128.load(from);
    const upper = Halves.finite(halves, fields);
    const lower = i16x8.shl(halves, 13);
    largest = i16x8.max_u(largest, i16x8.shl(halves, 1));
    v128.store(to, Halves.first(lower, upper));
    v128.store(to, Halves.last(lower, upper), 16);
    to += 32;
  }
  return isBelowInfinity(largest);
}

/** Whether all of `bytes` bytes of halves, a multiple of 64, are finite. It also brings them near. */
export function areFinite(from: usize, bytes: usize): bool {
  let largest = i16x8.splat(0);
  for (const stop = from + bytes; from < stop; from += 64) {
    largest = i16x8.max_u(largest, i16x8.shl(v128.load(from), 1));
    largest = i16x8.max_u(largest, i16x8.shl(v128.load(from, 16), 1));
    largest = i16x8.max_u(largest, i16x8.shl(v128.load(from, 32), 1));
    largest = i16x8.max_u(largest, i16x8.shl(v128.load(from, 48), 1));
  }
  return isBelowInfinity(largest);
}

/** @param bits of halves without their signs: they have the order of the magnitudes, with NaN last */
function isBelowInfinity(bits: v128): bool {
  return !v128.any_true(i16x8.ge_u(bits, i16x8.splat(-0x0800))); // 0xf800
}

/** As `scoreRow`. @param query f32 [D], times 2^112 */
export function scoreRowHalves(scores: usize, query: usize, keys: usize, headDim: usize, scale: f32): void {
  const fields = Halves.fields();
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
    let halves = v128.load(keys);
    let upper = Halves.finite(halves, fields);
    let lower = i16x8.shl(halves, 13);
    s0 = madd(q, Halves.first(lower, upper), s0);
    s1 = madd(q, Halves.last(lower, upper), s1);
    halves = v128.load(keys, 16);
    upper = Halves.finite(halves, fields);
    lower = i16x8.shl(halves, 13);
    s2 = madd(q, Halves.first(lower, upper), s2);
    s3 = madd(q, Halves.last(lower, upper), s3);
    halves = v128.load(keys, 32);
    upper = Halves.finite(halves, fields);
    lower = i16x8.shl(halves, 13);
    s4 = madd(q, Halves.first(lower, upper), s4);
    s5 = madd(q, Halves.last(lower, upper), s5);
    halves = v128.load(keys, 48);
    upper = Halves.finite(halves, fields);
    lower = i16x8.shl(halves, 13);
    s6 = madd(q, Halves.first(lower, upper), s6);
    s7 = madd(q, Halves.last(lower, upper), s7);
    keys += HALF_KEY_ROW;
  }
  const scales = f32x4.splat(scale);
  storePair(scores, f32x4.mul(s0, scales), f32x4.mul(s1, scales));
  storePair(scores + 32, f32x4.mul(s2, scales), f32x4.mul(s3, scales));
  storePair(scores + 64, f32x4.mul(s4, scales), f32x4.mul(s5, scales));
  storePair(scores + 96, f32x4.mul(s6, scales), f32x4.mul(s7, scales));
}

/** As `sumRow`, from the first dimension on. @param weights f32 [count], times 2^112 */
export function sumRowHalves(
  out: usize,
  weights: usize,
  values: usize,
  rowBytes: usize,
  headDim: usize,
  count: usize,
  adds: bool,
): void {
  const fields = Halves.fields();
  const stop = weights + (count << 2);
  let d: usize = 0;
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
    let value = values + (d << 1);
    for (let weight = weights; weight < stop; weight += 4) {
      const w = v128.load_splat<f32>(weight);
      let halves = v128.load(value);
      let upper = Halves.finite(halves, fields);
      let lower = i16x8.shl(halves, 13);
      a0 = madd(w, Halves.first(lower, upper), a0);
      a1 = madd(w, Halves.last(lower, upper), a1);
      halves = v128.load(value, 16);
      upper = Halves.finite(halves, fields);
      lower = i16x8.shl(halves, 13);
      a2 = madd(w, Halves.first(lower, upper), a2);
      a3 = madd(w, Halves.last(lower, upper), a3);
      halves = v128.load(value, 32);
      upper = Halves.finite(halves, fields);
      lower = i16x8.shl(halves, 13);
      a4 = madd(w, Halves.first(lower, upper), a4);
      a5 = madd(w, Halves.last(lower, upper), a5);
      halves = v128.load(value, 48);
      upper = Halves.finite(halves, fields);
      lower = i16x8.shl(halves, 13);
      a6 = madd(w, Halves.first(lower, upper), a6);
      a7 = madd(w, Halves.last(lower, upper), a7);
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
    let value = values + (d << 1);
    for (let weight = weights; weight < stop; weight += 4) {
      const halves = v128.load64_zero(value);
      const lower = i16x8.shl(halves, 13);
      a = madd(v128.load_splat<f32>(weight), Halves.first(lower, Halves.finite(halves, fields)), a);
      value += rowBytes;
    }
    storeLanes(to, a, headDim - d);
  }
}
