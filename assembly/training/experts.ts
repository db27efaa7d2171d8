/**
 * Gradients of the mixture of experts (Shazeer et al. 2017): of the weights that a router gives the chosen
 * experts, and of a gate. The choice itself has no gradient.
 */
import { Transcendental } from "../activation/transcendental";
import { Scores } from "../experts/routing";
import { softmaxRow } from "../norm/softmax";
import { madd, sumLanes } from "../simd";

/**
 * The gradient of the logits of rows [begin, end), from that of the weights w of the chosen experts. With
 * scores s, factors c and D = epsilon + sum of the chosen s:
 *
 *   w = c s or c s / D,  g = c dw,  ds = g or (g - sum over the chosen of g s / D) / D
 *   softmax:  dl_k = logitScale s_k (ds_k - sum over the chosen of s ds)
 *   sigmoid:  dl_k = logitScale s_k (1 - s_k) ds_k
 *
 * where ds is 0 for experts that are not chosen.
 *
 * @param dlogits f32 [rows, count]
 * @param dweights f32 [rows, active], overwritten
 * @param chosen u32 [rows, active]
 * @param logits f32 [rows, count]
 * @param scores softmax or sigmoid of Scores
 * @param epsilon as in Routing; negative for no division
 */
export function routeGradient(
  dlogits: usize,
  dweights: usize,
  chosen: usize,
  logits: usize,
  count: usize,
  active: usize,
  scores: u32,
  logitScale: f32,
  epsilon: f32,
  weightScale: f32,
  begin: usize,
  end: usize,
): void {
  const isSoftmax = scores == <u32>Scores.softmax;
  for (let row = begin; row < end; row++) {
    const own = dlogits + ((row * count) << 2);
    const from = logits + ((row * count) << 2);
    const slopes = dweights + ((row * active) << 2);
    const experts = chosen + ((row * active) << 2);
    for (let i: usize = 0; i < count << 2; i += 4) f32.store(own + i, f32.load(from + i) * logitScale);
    if (isSoftmax) softmaxRow(own, own, count);
    else for (let i: usize = 0; i < count << 2; i += 4) f32.store(own + i, sigmoid(f32.load(own + i)));

    let divisor: f32 = epsilon;
    let product: f32 = 0;
    for (let slot: usize = 0; slot < active << 2; slot += 4) {
      const score = scoreOf(own, experts + slot);
      const slope = f32.load(slopes + slot) * weightScale;
      f32.store(slopes + slot, slope);
      divisor += score;
      product += slope * score;
    }
    let total: f32 = 0;
    for (let slot: usize = 0; slot < active << 2; slot += 4) {
      const score = scoreOf(own, experts + slot);
      let slope = f32.load(slopes + slot);
      if (epsilon >= 0) slope = (slope - product / divisor) / divisor;
      total += score * slope;
      f32.store(slopes + slot, (isSoftmax ? score : score * (<f32>1 - score)) * slope);
    }
    for (let i: usize = 0; i < count << 2; i += 4) {
      f32.store(own + i, isSoftmax ? -f32.load(own + i) * total * logitScale : 0);
    }
    for (let slot: usize = 0; slot < active << 2; slot += 4) {
      const to = own + ((<usize>load<u32>(experts + slot)) << 2);
      f32.store(to, f32.load(to) + f32.load(slopes + slot) * logitScale);
    }
  }
}

function scoreOf(scores: usize, expert: usize): f32 {
  return f32.load(scores + ((<usize>load<u32>(expert)) << 2));
}

function sigmoid(x: f32): f32 {
  return f32x4.extract_lane(Transcendental.sigmoid(f32x4.splat(x)), 0);
}

/**
 * Products of rows with the grouped rows of their slots, for rows [begin, end): out[slot] = x[row] . y[place
 * of slot].
 *
 * @param out f32 [slots]
 * @param x f32 [rows, width]
 * @param y f32 [slots, width], grouped
 * @param placeOf u32 [slots]: grouped row of a slot
 */
export function slotProducts(
  out: usize,
  x: usize,
  y: usize,
  placeOf: usize,
  active: usize,
  width: usize,
  begin: usize,
  end: usize,
): void {
  for (let row = begin; row < end; row++) {
    for (let slot = row * active; slot < (row + 1) * active; slot++) {
      const other = y + <usize>load<u32>(placeOf + (slot << 2)) * (width << 2);
      f32.store(out + (slot << 2), dot(x + row * (width << 2), other, width << 2));
    }
  }
}

/**
 * The gradients of y = sigmoid(gate) x, for rows [begin, end): dgate = s (1 - s) dy . x, and dx = s dy in the
 * place of dy.
 *
 * @param dgate f32 [rows]
 * @param gradient f32 [rows, width]
 * @param x f32 [rows, width]
 * @param gate f32 [rows]
 */
export function gateRowsGradient(
  dgate: usize,
  gradient: usize,
  x: usize,
  gate: usize,
  width: usize,
  begin: usize,
  end: usize,
): void {
  const bytes = width << 2;
  for (let row = begin; row < end; row++) {
    const share = sigmoid(f32.load(gate + (row << 2)));
    const own = gradient + row * bytes;
    f32.store(dgate + (row << 2), share * (<f32>1 - share) * dot(own, x + row * bytes, bytes));
    for (let i: usize = 0; i < bytes; i += 4) f32.store(own + i, f32.load(own + i) * share);
  }
}

function dot(a: usize, b: usize, bytes: usize): f32 {
  let lanes = f32x4.splat(0);
  const vectors = bytes & ~15;
  for (let i: usize = 0; i < vectors; i += 16) lanes = madd(v128.load(a + i), v128.load(b + i), lanes);
  let sum = sumLanes(lanes);
  for (let i = vectors; i < bytes; i += 4) sum += f32.load(a + i) * f32.load(b + i);
  return sum;
}
