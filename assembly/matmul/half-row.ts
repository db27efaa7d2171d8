/** The product of one row with panels of float16. */
import { Halves } from "../packing/widen-halves";
import { madd } from "../simd";
import { biasLanes, isPair } from "./row";
import { LINE, panelAt, storePanel } from "./tile";

/**
 * As `rowPanel`, over float16. With the handling of infinite weights and NaN a byte takes 1.6 times as long as
 * one of bfloat16 in the plain build: `finiteRow` serves the other matrices.
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
 * As `halfRowPanel` for panels [begin, end), of finite weights and a row that `scaleRow` has multiplied by
 * 2^112. The weights stay as they are first read: 2^-112 times their number. Both factors are exact, so each
 * product is that of the number and the weight, rounded once: the same bits. The additions of one panel wait
 * for each other: with two at a time a token of the embedded model takes 0.67 of the time in the relaxed
 * build; in the plain build, which has twice the instructions, as long.
 */
export function finiteRow(
  out: usize,
  x: usize,
  weights: usize,
  bias: usize,
  k: usize,
  n: usize,
  begin: usize,
  end: usize,
): void {
  for (let panel = begin; panel < end; ) {
    if (isPair(panel, end)) {
      finiteRowPair(out, x, weights, bias, k, n, panel);
      panel += 2;
    } else {
      finiteRowPanel(out, x, weights, bias, k, n, panel);
      panel++;
    }
  }
}

function finiteRowPanel(
  out: usize,
  x: usize,
  weights: usize,
  bias: usize,
  k: usize,
  n: usize,
  panel: usize,
): void {
  const fields = Halves.fields();
  let w = panelAt<i16>(weights, panel, k);
  let a = biasLanes(bias, panel, 0);
  let b = biasLanes(bias, panel, 16);
  for (const stop = x + (k << 2); x < stop; x += 4) {
    const v = v128.load_splat<f32>(x);
    const halves = v128.load(w);
    const upper = Halves.finite(halves, fields);
    const lower = i16x8.shl(halves, 13);
    a = madd(v, Halves.first(lower, upper), a);
    b = madd(v, Halves.last(lower, upper), b);
    w += LINE;
  }
  storePanel(out + (panel << 5), n - (panel << 3), a, b);
}

function finiteRowPair(
  out: usize,
  x: usize,
  weights: usize,
  bias: usize,
  k: usize,
  n: usize,
  panel: usize,
): void {
  const fields = Halves.fields();
  const next = panel + 1;
  let w = panelAt<i16>(weights, panel, k);
  let a = biasLanes(bias, panel, 0);
  let b = biasLanes(bias, panel, 16);
  let c = biasLanes(bias, next, 0);
  let d = biasLanes(bias, next, 16);
  for (const stop = x + (k << 2); x < stop; x += 4) {
    const v = v128.load_splat<f32>(x);
    let halves = v128.load(w);
    let upper = Halves.finite(halves, fields);
    let lower = i16x8.shl(halves, 13);
    a = madd(v, Halves.first(lower, upper), a);
    b = madd(v, Halves.last(lower, upper), b);
    halves = v128.load(w, 16);
    upper = Halves.finite(halves, fields);
    lower = i16x8.shl(halves, 13);
    c = madd(v, Halves.first(lower, upper), c);
    d = madd(v, Halves.last(lower, upper), d);
    w += LINE;
  }
  storePanel(out + (panel << 5), n - (panel << 3), a, b);
  storePanel(out + (next << 5), n - (next << 3), c, d);
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
