/** What views of predictions need of rows of logits, so that the rows themselves stay where they are. */
import { Transcendental } from "../activation/transcendental";
import { promotedSum, totalOf } from "../simd";
import { maximum } from "./softmax";

/** Numbers of a row before those of the ids: logarithm of the sum of exponentials, and entropy. */
export const READING_NUMBERS = 2;

/**
 * Of rows [begin, end), with m = max x, S = sum e^(x - m) and p = softmax(x):
 *
 *   out[row] = [m + ln S,  -sum p ln p = ln S - sum e^(x - m) (x - m) / S,
 *               rank and logit of each wanted id,  id and logit of each of the `top` largest]
 *
 * The rank of the largest is 1. Rank and logit of an id outside the row are 0 and NaN. Of equal logits the
 * lower id comes first.
 *
 * @param out f32 [rows, READING_NUMBERS + 2 wanted + 2 top]
 * @param x f32 [rows, width]
 * @param ids u32 [rows, wanted]
 * @param top at most `width`
 */
export function readLogits(
  out: usize,
  x: usize,
  ids: usize,
  wanted: usize,
  top: usize,
  width: usize,
  begin: usize,
  end: usize,
): void {
  const size = READING_NUMBERS + 2 * wanted + 2 * top;
  for (let row = begin; row < end; row++) {
    const logits = x + ((row * width) << 2);
    let to = out + ((row * size) << 2);
    writeSums(to, logits, width);
    to += READING_NUMBERS << 2;
    for (let i: usize = 0; i < wanted; i++, to += 8) {
      const id = <usize>load<u32>(ids + ((row * wanted + i) << 2));
      const logit: f32 = id < width ? load<f32>(logits + (id << 2)) : NaN;
      store<f32>(to, id < width ? <f32>larger(logits, width, logit) + 1 : 0);
      store<f32>(to, logit, 4);
    }
    writeTop(to, logits, width, top);
  }
}

function writeSums(to: usize, logits: usize, width: usize): void {
  const bytes = width << 2;
  const vectors = bytes & ~15;
  const largest = maximum(logits, bytes);
  const most = f32x4.splat(largest);
  const lowest = f32x4.splat(-Infinity);
  let sums = f64x2.splat(0);
  let products = f64x2.splat(0);
  for (let i: usize = 0; i < vectors; i += 16) {
    const v = v128.load(logits + i);
    const difference = v128.and(f32x4.sub(v, most), f32x4.gt(v, lowest));
    const e = v128.and(Transcendental.exp(difference), f32x4.gt(v, lowest));
    sums = f64x2.add(sums, promotedSum(e));
    products = f64x2.add(products, promotedSum(f32x4.mul(e, difference)));
  }
  let sum = totalOf(sums);
  let product = totalOf(products);
  for (let i = vectors; i < bytes; i += 4) {
    const difference = load<f32>(logits + i) - largest;
    if (!(difference > -Infinity)) continue;
    const e = f32x4.extract_lane(Transcendental.exp(f32x4.splat(difference)), 0);
    sum += <f64>e;
    product += <f64>(e * difference);
  }
  store<f32>(to, <f32>(<f64>largest + Math.log(sum)));
  store<f32>(to, <f32>(Math.log(sum) - product / sum), 4);
}

/** Number of larger logits. */
function larger(logits: usize, width: usize, logit: f32): usize {
  const whole = width & ~3;
  const own = f32x4.splat(logit);
  let lanes = i32x4.splat(0);
  for (let i: usize = 0; i < whole; i += 4) {
    lanes = i32x4.sub(lanes, f32x4.gt(v128.load(logits + (i << 2)), own)); // a true lane is -1
  }
  let count =
    i32x4.extract_lane(lanes, 0) +
    i32x4.extract_lane(lanes, 1) +
    i32x4.extract_lane(lanes, 2) +
    i32x4.extract_lane(lanes, 3);
  for (let i = whole; i < width; i++) if (load<f32>(logits + (i << 2)) > logit) count++;
  return <usize>count;
}

/** Ids and logits of the largest, kept in order while the row is read. */
function writeTop(to: usize, logits: usize, width: usize, top: usize): void {
  if (top == 0) return;
  const last = to + ((top - 1) << 3);
  let count: usize = 0;
  let least: f32 = -Infinity;
  for (let i: usize = 0; i < width; i++) {
    if (count == top) {
      // Four at a time are below the least of the best.
      while (i + 4 <= width && !v128.any_true(f32x4.gt(v128.load(logits + (i << 2)), f32x4.splat(least)))) {
        i += 4;
      }
      if (i >= width) break;
    }
    const logit = load<f32>(logits + (i << 2));
    if (count == top && !(logit > least)) continue;
    let at = count < top ? to + (count << 3) : last;
    if (count < top) count++;
    for (; at > to && load<f32>(at - 8, 4) < logit; at -= 8) {
      store<f32>(at, load<f32>(at - 8));
      store<f32>(at, load<f32>(at - 8, 4), 4);
    }
    store<f32>(at, <f32>i);
    store<f32>(at, logit, 4);
    if (count == top) least = load<f32>(last, 4);
  }
}
