/**
 * The correlation of Matthews (1975) between labels and predictions, for any number of classes (Gorodkin
 * 2004, R_K). With c right ones of s, t_k texts of class k and p_k named so:
 *
 *   (c s - Σ t_k p_k) / sqrt((s² - Σ p_k²) (s² - Σ t_k²))      0 if the root is 0
 *
 * With two classes it is (TP TN - FP FN) / sqrt((TP + FP) (TP + FN) (TN + FP) (TN + FN)).
 */
import type { Outcome } from "../classification-report.ts";
import { ratio } from "./metric.ts";
import { tally } from "./words.ts";

export function matthews(outcomes: readonly Outcome[]): number {
  const all = outcomes.length ** 2;
  const right = outcomes.filter(({ label, predicted }) => label === predicted).length;
  const labels = tally(outcomes.map(({ label }) => label));
  const predictions = tally(outcomes.map(({ predicted }) => predicted));
  const product = (a: ReadonlyMap<string, number>, b: ReadonlyMap<string, number>) =>
    [...a].reduce((sum, [name, times]) => sum + times * (b.get(name) ?? 0), 0);
  const spread = (all - product(predictions, predictions)) * (all - product(labels, labels));
  return ratio(right * outcomes.length - product(labels, predictions), Math.sqrt(spread));
}
