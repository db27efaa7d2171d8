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
 * where ds is 0 for experts that are not chosen. The factor c of an expert is weightScale, times that of its own.
 * The scores of the sparse mixer are each a softmax over the logits that it was chosen among; they are not
 * divided by their sum.
 *
 * @param dlogits f32 [rows, count]
 * @param dweights f32 [rows, active]; on return the gradient of the factors of the chosen experts
 * @param chosen u32 [rows, active]
 * @param logits f32 [rows, count]
 * @param slopes f32 [rows, active], scratch
 * @param scores a value of Scores
 * @param closeness as in Routing
 * @param epsilon as in Routing; negative for no division
 * @param expertScales f32 [count], or 0
 */
export function routeGradient(
  dlogits: usize,
  dweights: usize,
  slopes: usize,
  chosen: usize,
  logits: usize,
  count: usize,
  active: usize,
  scores: u32,
  closeness: f32,
  logitScale: f32,
  epsilon: f32,
  weightScale: f32,
  expertScales: usize,
  begin: usize,
  end: usize,
): void {
  const isSoftmax = scores == <u32>Scores.softmax;
  for (let row = begin; row < end; row++) {
    const own = dlogits + ((row * count) << 2);
    const from = logits + ((row * count) << 2);
    const given = dweights + ((row * active) << 2);
    const ds = slopes + ((row * active) << 2);
    const experts = chosen + ((row * active) << 2);
    if (scores == <u32>Scores.sparseMixer) {
      mixGradient(own, given, experts, from, count, active, closeness, logitScale, weightScale, expertScales);
      continue;
    }
    for (let i: usize = 0; i < count << 2; i += 4) f32.store(own + i, f32.load(from + i) * logitScale);
    if (isSoftmax) softmaxRow(own, own, count);
    else for (let i: usize = 0; i < count << 2; i += 4) f32.store(own + i, sigmoid(f32.load(own + i)));

    let divisor: f32 = epsilon;
    let product: f32 = 0;
    for (let slot: usize = 0; slot < active << 2; slot += 4) {
      const score = scoreOf(own, experts + slot);
      const slope = f32.load(given + slot) * factorOf(experts + slot, weightScale, expertScales);
      f32.store(ds + slot, slope);
      divisor += score;
      product += slope * score;
    }
    let total: f32 = 0;
    for (let slot: usize = 0; slot < active << 2; slot += 4) {
      const score = scoreOf(own, experts + slot);
      let slope = f32.load(ds + slot);
      if (epsilon >= 0) slope = (slope - product / divisor) / divisor;
      total += score * slope;
      f32.store(ds + slot, (isSoftmax ? score : score * (<f32>1 - score)) * slope);
      const share: f32 = epsilon >= 0 ? score / divisor : score;
      f32.store(given + slot, f32.load(given + slot) * share * weightScale);
    }
    for (let i: usize = 0; i < count << 2; i += 4) {
      f32.store(own + i, isSoftmax ? -f32.load(own + i) * total * logitScale : 0);
    }
    for (let slot: usize = 0; slot < active << 2; slot += 4) {
      const to = own + ((<usize>load<u32>(experts + slot)) << 2);
      f32.store(to, f32.load(to) + f32.load(ds + slot) * logitScale);
    }
  }
}

/** As `routeGradient` for a row of the sparse mixer. */
function mixGradient(
  own: usize,
  given: usize,
  experts: usize,
  logits: usize,
  count: usize,
  active: usize,
  closeness: f32,
  logitScale: f32,
  weightScale: f32,
  expertScales: usize,
): void {
  memory.fill(own, 0, count << 2);
  for (let slot: usize = 0; slot < active << 2; slot += 4) {
    const expert = (<usize>load<u32>(experts + slot)) << 2;
    const best = f32.load(logits + expert) * logitScale;
    let sum: f32 = 0;
    for (let i: usize = 0; i < count << 2; i += 4) {
      if (isLeft(experts, slot, i)) sum += share(f32.load(logits + i) * logitScale, best, closeness);
    }
    const weight = <f32>1 / sum;
    const slope =
      f32.load(given + slot) * factorOf(experts + slot, weightScale, expertScales) * weight * logitScale;
    for (let i: usize = 0; i < count << 2; i += 4) {
      if (!isLeft(experts, slot, i)) continue;
      const part = share(f32.load(logits + i) * logitScale, best, closeness) * weight;
      f32.store(own + i, f32.load(own + i) + slope * ((i == expert ? <f32>1 : <f32>0) - part));
    }
    f32.store(given + slot, f32.load(given + slot) * weight * weightScale);
  }
}

/** Whether no slot before this one has the expert with the logit at `i`. */
function isLeft(experts: usize, slot: usize, i: usize): bool {
  for (let before: usize = 0; before < slot; before += 4) {
    if ((<usize>load<u32>(experts + before)) << 2 == i) return false;
  }
  return true;
}

/** e^(logit - best) of a logit that is close to the best one, else 0. */
function share(logit: f32, best: f32, closeness: f32): f32 {
  if ((best - logit) / max(abs(logit), best) > closeness) return 0;
  return f32x4.extract_lane(Transcendental.exp(f32x4.splat(logit - best)), 0);
}

/** Factor of the weight of an expert. */
function factorOf(expert: usize, weightScale: f32, expertScales: usize): f32 {
  if (expertScales == 0) return weightScale;
  return weightScale * f32.load(expertScales + ((<usize>load<u32>(expert)) << 2));
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
