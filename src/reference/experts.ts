/** Scalar twins of the mixture of experts: the choice of a router, and the weighted sum of the chosen. */
import type { RoutingRule } from "../compute/ops/experts.ts";
import { at, softmax, sum } from "./twins.ts";

/** An expert of a row, and its weight. */
export interface Choice {
  readonly expert: number;
  readonly weight: number;
}

/** Vectors of the length of the logits. */
export interface RouterVectors {
  readonly correction?: readonly number[];
  readonly expertScales?: readonly number[];
}

/** The experts that a row with these logits chooses, the best first. */
export function route(
  logits: readonly number[],
  rule: RoutingRule,
  active: number,
  { correction = [], expertScales = [] }: RouterVectors = {},
): Choice[] {
  const scaled = logits.map((logit) => logit * rule.logitScale);
  const chosen = rule.scores === "sparseMixer" ? sparselyMixed(scaled, rule, active) : best();
  const total = sum(chosen.map(({ weight }) => weight));
  const divisor = rule.normalize ? total + rule.normalize.epsilon : 1;
  return chosen.map(({ expert, weight }) => ({
    expert,
    weight: (weight / divisor) * rule.weightScale * (expertScales[expert] ?? 1),
  }));

  function best(): Choice[] {
    const scores = rule.scores === "softmax" ? softmax(scaled) : scaled.map((v) => 1 / (1 + Math.exp(-v)));
    const choices = scores.map((score, expert) => score + (correction[expert] ?? 0));
    const allowed = expertsOfBestGroups(choices, rule);
    return ranked(choices)
      .filter((expert) => allowed.includes(expert))
      .slice(0, active)
      .map((expert) => ({ expert, weight: at(scores, expert) }));
  }
}

/**
 * The gradient of the logits from that of the weights of the chosen experts. The choice has none.
 *
 * @param chosen experts in the order of the gradients
 * @param expertScales factors of the weights
 */
export function routeBack(
  logits: readonly number[],
  rule: RoutingRule,
  chosen: readonly number[],
  gradient: readonly number[],
  expertScales?: readonly number[],
): number[] {
  const scaled = logits.map((logit) => logit * rule.logitScale);
  const slopes = gradient.map((g, i) => g * rule.weightScale * (expertScales?.[chosen[i] ?? 0] ?? 1));
  if (rule.scores === "sparseMixer") return sparselyMixedBack(scaled, rule, chosen, slopes);
  const isSoftmax = rule.scores === "softmax";
  const scores = isSoftmax ? softmax(scaled) : scaled.map((v) => 1 / (1 + Math.exp(-v)));
  const own = chosen.map((expert) => at(scores, expert));
  const divisor = rule.normalize ? sum(own) + rule.normalize.epsilon : 1;
  const mean = rule.normalize ? sum(own.map((s, i) => at(slopes, i) * s)) / divisor : 0;
  const dscores = scores.map(() => 0);
  for (const [i, expert] of chosen.entries()) dscores[expert] = (at(slopes, i) - mean) / divisor;
  const total = sum(scores.map((s, i) => s * at(dscores, i)));
  return scores.map((s, i) => {
    const slope = isSoftmax ? s * (at(dscores, i) - total) : s * (1 - s) * at(dscores, i);
    return slope * rule.logitScale;
  });
}

/** The weight of each chosen expert is a softmax over the logits left that are close to its own. */
function sparselyMixedBack(
  logits: readonly number[],
  { closeness = 0, logitScale }: RoutingRule,
  chosen: readonly number[],
  slopes: readonly number[],
): number[] {
  const total = logits.map(() => 0);
  for (const [slot, expert] of chosen.entries()) {
    const best = at(logits, expert);
    const taken = chosen.slice(0, slot);
    const shares = logits.map((l, i) =>
      taken.includes(i) || (best - l) / Math.max(Math.abs(l), best) > closeness ? 0 : Math.exp(l - best),
    );
    const weight = 1 / sum(shares);
    for (const [i, share] of shares.entries()) {
      const slope = weight * ((i === expert ? 1 : 0) - share * weight);
      total[i] = at(total, i) + at(slopes, slot) * slope * logitScale;
    }
  }
  return total;
}

/** Indices from the largest number to the smallest, the first of equal ones first. */
const ranked = (values: readonly number[]): number[] =>
  values.map((_, i) => i).toSorted((a, b) => at(values, b) - at(values, a) || a - b);

function expertsOfBestGroups(choices: readonly number[], { groups }: RoutingRule): number[] {
  const { count, chosen, best } = groups ?? { count: 1, chosen: 1, best: 1 };
  const size = choices.length / count;
  const values = Array.from({ length: count }, (_, group) => {
    const own = choices.slice(group * size, (group + 1) * size).toSorted((a, b) => b - a);
    return sum(own.slice(0, best));
  });
  const kept = ranked(values).slice(0, chosen);
  return choices.flatMap((_, expert) => (kept.includes(Math.floor(expert / size)) ? [expert] : []));
}

function sparselyMixed(logits: readonly number[], { closeness = 0 }: RoutingRule, active: number): Choice[] {
  const left = new Set(logits.keys());
  return Array.from({ length: active }, () => {
    const expert = ranked(logits).find((i) => left.has(i)) ?? 0;
    const largest = at(logits, expert);
    const close = [...left].filter((i) => {
      const logit = at(logits, i);
      return (largest - logit) / Math.max(Math.abs(logit), largest) <= closeness;
    });
    const shares = close.map((i) => Math.exp(at(logits, i) - largest));
    left.delete(expert);
    return { expert, weight: 1 / sum(shares) };
  });
}
