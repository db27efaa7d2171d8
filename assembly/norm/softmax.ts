/** Softmax of rows: e^(x - max) / sum. */

import { Transcendental } from "../activation/transcendental";
import { maxLanes, sumLanes } from "../simd";

/**
 * Softmax of rows [begin, end).
 *
 * @param out f32 [rows, width], may be x
 * @param x f32 [rows, width]
 */
export function softmax(out: usize, x: usize, width: usize, begin: usize, end: usize): void {
  const bytes = width << 2;
  for (let row = begin; row < end; row++) softmaxRow(out + row * bytes, x + row * bytes, width);
}

/**
 * Softmax of one row. Four lanes take every fourth element; the last `width % 4` elements follow one by one.
 *
 * @returns sum of e^(x - max)
 */
export function softmaxRow(out: usize, x: usize, width: usize): f32 {
  const bytes = width << 2;
  const vectors = bytes & ~15;
  const largest = f32x4.splat(maximum(x, bytes));
  let lanes = f32x4.splat(0);
  for (let i: usize = 0; i < vectors; i += 16) {
    const e = Transcendental.exp(f32x4.sub(v128.load(x + i), largest));
    v128.store(out + i, e);
    lanes = f32x4.add(lanes, e);
  }
  let total = sumLanes(lanes);
  for (let i = vectors; i < bytes; i += 4) {
    const e = f32x4.extract_lane(Transcendental.exp(f32x4.sub(v128.load_splat<f32>(x + i), largest)), 0);
    f32.store(out + i, e);
    total += e;
  }
  const share: f32 = <f32>1 / total;
  const shares = f32x4.splat(share);
  for (let i: usize = 0; i < vectors; i += 16) v128.store(out + i, f32x4.mul(v128.load(out + i), shares));
  for (let i = vectors; i < bytes; i += 4) f32.store(out + i, f32.load(out + i) * share);
  return total;
}

export function maximum(x: usize, bytes: usize): f32 {
  const vectors = bytes & ~15;
  let largest = f32.load(x);
  if (vectors > 0) {
    let lanes = v128.load(x);
    for (let i: usize = 16; i < vectors; i += 16) lanes = f32x4.pmax(lanes, v128.load(x + i));
    largest = maxLanes(lanes);
  }
  for (let i = vectors; i < bytes; i += 4) largest = max(largest, f32.load(x + i));
  return largest;
}
