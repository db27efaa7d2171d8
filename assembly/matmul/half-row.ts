/**
 * What float16 weights ask of the product of one row: a row that is scaled, or the handling of infinities.
 */
import { Halves } from "../packing/widen-halves";
import { madd } from "../simd";
import { biasLanes } from "./row";
import { LINE, panelAt, storePanel } from "./tile";

/**
 * One row times one panel of float16 that may hold infinities and NaN. A byte takes 1.6 times as long as one
 * of bfloat16 in the plain build: `rowProduct` serves the other matrices.
 */
export function halfRowPanel(
  out: usize,
  x: usize,
  weights: usize,
  bias: usize,
  k: usize,
  n: usize,
  panel: usize,
): void {
  const fields = Halves.fields();
  const special = Halves.special();
  const exponent = Halves.exponent();
  const factor = Halves.factor();
  let w = panelAt<i16>(weights, panel, k);
  let a = biasLanes(bias, panel, 0);
  let b = biasLanes(bias, panel, 16);
  for (const xEnd = x + (k << 2); x < xEnd; x += 4) {
    const v = v128.load_splat<f32>(x);
    const halves = v128.load(w);
    const upper = Halves.upper(halves, fields, special, exponent);
    const lower = i16x8.shl(halves, 13);
    a = madd(v, f32x4.mul(Halves.first(lower, upper), factor), a);
    b = madd(v, f32x4.mul(Halves.last(lower, upper), factor), b);
    w += LINE;
  }
  storePanel(out + (panel << 5), n - (panel << 3), a, b);
}

/**
 * Writes 2^112 times a row. It is exact, as numbers only leave the subnormal range; false if a number is NaN
 * or has no such multiple: from 2^16 on it would be infinite.
 */
export function scaleRow(to: usize, x: usize, k: usize): bool {
  const factor = Halves.factor();
  let largest = i32x4.splat(0);
  const stop = x + (k << 2);
  for (const last = stop - 16; x <= last; x += 16) {
    const v = v128.load(x);
    largest = i32x4.max_s(largest, f32x4.abs(v));
    v128.store(to, f32x4.mul(v, factor));
    to += 16;
  }
  for (; x < stop; x += 4) {
    const v = v128.load32_zero(x);
    largest = i32x4.max_s(largest, f32x4.abs(v));
    f32.store(to, f32x4.extract_lane(f32x4.mul(v, factor), 0));
    to += 4;
  }
  // Without their signs, the bits of floats have the order of the floats, with NaN last.
  return !v128.any_true(i32x4.ge_s(largest, f32x4.splat(65536)));
}
