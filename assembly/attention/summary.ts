/** What views of attention need of its weights: numbers of each row, and sums over groups of keys. */
import { Transcendental } from "../activation/transcendental";
import { sumLanes } from "../simd";

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
    store<f32>(to, entropyOf(a, length));
    store<f32>(to, distanceOf(a, length, position), 4);
    sumGroups(to + (SUMMARY_NUMBERS << 2), a, length, pool, cells);
  }
}

function entropyOf(a: usize, length: usize): f32 {
  const whole = length & ~3;
  let lanes = f32x4.splat(0);
  for (let j: usize = 0; j < whole; j += 4) {
    const v = v128.load(a + (j << 2));
    lanes = f32x4.sub(lanes, f32x4.mul(v, Transcendental.log(v)));
  }
  let sum = sumLanes(lanes);
  for (let j = whole; j < length; j++) {
    const v = load<f32>(a + (j << 2));
    sum -= v * f32x4.extract_lane(Transcendental.log(f32x4.splat(v)), 0);
  }
  return sum;
}

function distanceOf(a: usize, length: usize, position: usize): f32 {
  let sum: f64 = 0;
  for (let j: usize = 0; j < length; j++) sum += <f64>load<f32>(a + (j << 2)) * <f64>(position - j);
  return <f32>sum;
}

function sumGroups(to: usize, a: usize, length: usize, pool: usize, cells: usize): void {
  let j: usize = 0;
  for (let cell: usize = 0; cell < cells; cell++) {
    const last = min(length, j + pool);
    let sum: f32 = 0;
    for (; j < last; j++) sum += load<f32>(a + (j << 2));
    store<f32>(to + (cell << 2), sum);
  }
}
