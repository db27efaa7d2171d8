/** What views of attention need of its weights: numbers of each row, and sums over groups of keys. */
import { Transcendental } from "../activation/transcendental";
import { promotedSum, sumLanes, totalOf } from "../simd";

/** Numbers of a row before its sums: entropy and distance. */
export const SUMMARY_NUMBERS = 2;

/**
 * For items row * heads + head in [begin, end), of weights a[j] of the query at position i = position[row]:
 *
 *   out[item] = [-sum a ln a,  sum a (i - j),  sum of a over each group of `pool` keys]
 *
 * @param out f32 [rows, heads, SUMMARY_NUMBERS + cells]
 * @param weights f32 [rows, heads, longest]; those after i are 0
 * @param positions u32 [rows]
 * @param cells groups of keys, of which the last ones may be empty
 */
export function summarizeWeights(
  out: usize,
  weights: usize,
  positions: usize,
  heads: usize,
  longest: usize,
  pool: usize,
  cells: usize,
  begin: usize,
  end: usize,
): void {
  for (let item = begin; item < end; item++) {
    const row = item / heads;
    const position = <usize>load<u32>(positions + (row << 2));
    const a = weights + ((item * longest) << 2);
    const to = out + ((item * (SUMMARY_NUMBERS + cells)) << 2);
    const length = min(longest, position + 1);
    sumRow(to, a, length, position);
    sumGroups(to + (SUMMARY_NUMBERS << 2), a, length, pool, cells);
  }
}

/** Entropy and distance, in one pass over the row. */
function sumRow(to: usize, a: usize, length: usize, position: usize): void {
  const whole = length & ~3;
  let entropies = f32x4.splat(0);
  let distances = f64x2.splat(0);
  let distance = f32x4.sub(f32x4.splat(<f32>position), f32x4(0, 1, 2, 3));
  const step = f32x4.splat(4);
  for (let j: usize = 0; j < whole; j += 4) {
    const v = v128.load(a + (j << 2));
    entropies = f32x4.sub(entropies, f32x4.mul(v, Transcendental.log(v)));
    distances = f64x2.add(distances, promotedSum(f32x4.mul(v, distance)));
    distance = f32x4.sub(distance, step);
  }
  let entropy = sumLanes(entropies);
  let sum = totalOf(distances);
  for (let j = whole; j < length; j++) {
    const v = load<f32>(a + (j << 2));
    entropy -= v * f32x4.extract_lane(Transcendental.log(f32x4.splat(v)), 0);
    sum += <f64>(v * <f32>(position - j));
  }
  store<f32>(to, entropy);
  store<f32>(to, <f32>sum, 4);
}

/** Sums of `pool` weights. */
function sumGroups(to: usize, a: usize, length: usize, pool: usize, cells: usize): void {
  let j: usize = 0;
  for (let cell: usize = 0; cell < cells; cell++) {
    const last = min(length, j + pool);
    let lanes = f32x4.splat(0);
    for (; j + 4 <= last; j += 4) lanes = f32x4.add(lanes, v128.load(a + (j << 2)));
    let sum = sumLanes(lanes);
    for (; j < last; j++) sum += load<f32>(a + (j << 2));
    store<f32>(to + (cell << 2), sum);
  }
}
