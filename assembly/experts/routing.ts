/**
 * The choice of experts by a router (Shazeer et al. 2017). A row has logits, one for each expert, and chooses
 * alone: its experts and weights do not depend on the other rows.
 */
import { Transcendental } from "../activation/transcendental";
import { softmaxRow } from "../norm/softmax";

/** Function of the logits that gives the scores. */
export enum Scores {
  softmax,
  sigmoid,
  sparseMixer,
}

/** In the place of a choice that a row has made. */
const TAKEN: f32 = -Infinity;

/** Choices are above TAKEN, so that a row chooses no expert twice even if its logits are no numbers. */
function least(choice: f32): f32 {
  return choice > -f32.MAX_VALUE ? choice : -f32.MAX_VALUE;
}

/** Arguments of routeRows. */
@unmanaged
export class Routing {
  /** u32 [rows, active]: the experts of a row, in the order of the choice */
  chosen!: usize;
  /** f32 [rows, active] */
  weights!: usize;
  /** f32 [rows, count] */
  logits!: usize;
  /** f32 [rows, 2, count]: scores, and the numbers by which the choice is made */
  scratch!: usize;
  count!: usize;
  active!: usize;
  /** A value of Scores. */
  scores!: u32;
  /** Largest relative distance from the best logit (sparse mixer). */
  closeness!: f32;
  /** Factor of the logits. */
  logitScale!: f32;
  /** f32 [count], added to the scores for the choice alone, or 0 for none */
  correction!: usize;
  /** Groups of neighbouring experts, at least 1. */
  groups!: usize;
  /** Groups that a row chooses from. */
  chosenGroups!: usize;
  /** Largest choices of a group that are its value, 1 or 2. */
  bestOfGroup!: usize;
  /** Added to the sum by which the weights are divided; negative for no division. */
  epsilon!: f32;
  /** Factor of the weights. */
  weightScale!: f32;
  /** f32 [count], factors of the weights by expert, or 0 for none */
  expertScales!: usize;
}

/**
 * Chooses the experts of rows [begin, end): those with the largest score + correction, the first of equal
 * ones. Their weights are the scores, or the scores divided by their sum, times the factors.
 */
export function routeRows(a: Routing, begin: usize, end: usize): void {
  const count = a.count;
  const active = a.active;
  for (let row = begin; row < end; row++) {
    const scores = a.scratch + ((row * count) << 3);
    const choices = scores + (count << 2);
    const chosen = a.chosen + ((row * active) << 2);
    const weights = a.weights + ((row * active) << 2);
    for (let i: usize = 0; i < count << 2; i += 4) {
      f32.store(scores + i, f32.load(a.logits + ((row * count) << 2) + i) * a.logitScale);
    }
    if (a.scores == <u32>Scores.sparseMixer) {
      for (let i: usize = 0; i < count << 2; i += 4) f32.store(choices + i, least(f32.load(scores + i)));
      mixSparsely(chosen, weights, scores, choices, count, active, a.closeness);
    } else {
      if (a.scores == <u32>Scores.softmax) softmaxRow(scores, scores, count);
      else sigmoids(scores, count);
      for (let i: usize = 0; i < count << 2; i += 4) {
        const correction: f32 = a.correction == 0 ? 0 : f32.load(a.correction + i);
        f32.store(choices + i, least(f32.load(scores + i) + correction));
      }
      if (a.groups > 1) keepBestGroups(choices, count / a.groups, a.groups, a.chosenGroups, a.bestOfGroup);
      for (let slot: usize = 0; slot < active << 2; slot += 4) {
        const expert = takeLargest(choices, count);
        store<u32>(chosen + slot, <u32>expert);
        f32.store(weights + slot, f32.load(scores + (expert << 2)));
      }
    }
    scaleWeights(a, chosen, weights);
  }
}

function scaleWeights(a: Routing, chosen: usize, weights: usize): void {
  const stop = a.active << 2;
  let sum: f32 = 0;
  for (let slot: usize = 0; slot < stop; slot += 4) sum += f32.load(weights + slot);
  for (let slot: usize = 0; slot < stop; slot += 4) {
    let weight = f32.load(weights + slot);
    if (a.epsilon >= 0) weight /= sum + a.epsilon;
    weight *= a.weightScale;
    const expert = <usize>load<u32>(chosen + slot);
    if (a.expertScales != 0) weight *= f32.load(a.expertScales + (expert << 2));
    f32.store(weights + slot, weight);
  }
}

function sigmoids(x: usize, count: usize): void {
  for (const stop = x + (count << 2); x < stop; x += 4) {
    f32.store(x, f32x4.extract_lane(Transcendental.sigmoid(v128.load_splat<f32>(x)), 0));
  }
}

/**
 * The sparse mixer (Phi-3.5-MoE): the weight of the best expert is its softmax among the experts left whose
 * logit l has (m - l) / max(|l|, m) <= closeness, where m is the best logit. Then it leaves.
 */
function mixSparsely(
  chosen: usize,
  weights: usize,
  logits: usize,
  choices: usize,
  count: usize,
  active: usize,
  closeness: f32,
): void {
  for (let slot: usize = 0; slot < active << 2; slot += 4) {
    const expert = indexOfLargest(choices, count);
    const best = f32.load(logits + (expert << 2));
    let sum: f32 = 0;
    for (let i: usize = 0; i < count << 2; i += 4) {
      const logit = f32.load(choices + i);
      if (logit == TAKEN || (best - logit) / max(abs(logit), best) > closeness) continue;
      sum += f32x4.extract_lane(Transcendental.exp(f32x4.splat(logit - best)), 0);
    }
    store<u32>(chosen + slot, <u32>expert);
    f32.store(weights + slot, <f32>1 / sum);
    f32.store(choices + (expert << 2), TAKEN);
  }
}

/**
 * Leaves the choices of the `kept` best groups alone and excludes the others. A group is worth the sum of its
 * `best` largest choices. Excluding one in the loop changes no other: the best groups are compared with all
 * that follow, and they stay.
 */
function keepBestGroups(choices: usize, size: usize, groups: usize, kept: usize, best: usize): void {
  for (let group: usize = 0; group < groups; group++) {
    const own = choices + ((group * size) << 2);
    const value = valueOfGroup(own, size, best);
    let better: usize = 0;
    for (let other: usize = 0; other < groups; other++) {
      if (other == group) continue;
      const rival = valueOfGroup(choices + ((other * size) << 2), size, best);
      if (rival > value || (rival == value && other < group)) better++;
    }
    if (better >= kept) exclude(own, size);
  }
}

function exclude(choices: usize, size: usize): void {
  for (let i: usize = 0; i < size << 2; i += 4) f32.store(choices + i, -f32.MAX_VALUE);
}

function valueOfGroup(choices: usize, size: usize, best: usize): f32 {
  let first: f32 = -f32.MAX_VALUE;
  let second: f32 = -f32.MAX_VALUE;
  for (let i: usize = 0; i < size << 2; i += 4) {
    const choice = f32.load(choices + i);
    if (choice > first) {
      second = first;
      first = choice;
    } else if (choice > second) {
      second = choice;
    }
  }
  return best == 1 || size == 1 ? first : first + second;
}

/** Index of the largest number, the first of equal ones, which is taken then. */
function takeLargest(choices: usize, count: usize): usize {
  const index = indexOfLargest(choices, count);
  f32.store(choices + (index << 2), TAKEN);
  return index;
}

function indexOfLargest(x: usize, count: usize): usize {
  let index: usize = 0;
  for (let i: usize = 1; i < count; i++) {
    if (f32.load(x + (i << 2)) > f32.load(x + (index << 2))) index = i;
  }
  return index;
}
