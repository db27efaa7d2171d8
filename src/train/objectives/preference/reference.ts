/** Log-probabilities of completions under the reference: those of the examples, or those of its model. */
import { completionRows, completionTargets } from "../../completions.ts";
import type { Measure } from "../objective.ts";
import { readTokens } from "../token-statistics.ts";
import type { Judged } from "./pairs.ts";

/** @param measure runs the model of the reference */
export async function referenceOf<S extends Judged>(
  measure: Measure,
  sequences: readonly S[],
): Promise<ReadonlyMap<S, number>> {
  const known = new Map<S, number>();
  const unknown: S[] = [];
  for (const sequence of sequences) {
    if (sequence.reference === undefined) unknown.push(sequence);
    else known.set(sequence, sequence.reference);
  }
  for (const [sequence, sum] of await sumsOf(measure, unknown)) known.set(sequence, sum);
  return known;
}

/** The log-probability of each completion: the sum over its ids. */
export async function sumsOf<S extends Judged>(
  measure: Measure,
  sequences: readonly S[],
): Promise<ReadonlyMap<S, number>> {
  const sums = new Map<S, number>();
  if (sequences.length === 0) return sums;
  await measure(sequences, async (rows, group) => {
    const { logprobs } = await readTokens(rows, group.flatMap(completionTargets));
    for (const { sequence, first, end } of completionRows(group)) {
      sums.set(sequence, sumOf(logprobs.subarray(first, end)));
    }
    return 0;
  });
  return sums;
}

export const sumOf = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0);
