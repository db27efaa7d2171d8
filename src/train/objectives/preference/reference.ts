/** Log-probabilities of completions under the reference: those of the examples, of the file, or of its model. */
import { completionRows, completionTargets } from "../../completions.ts";
import type { Measure, Step } from "../objective.ts";
import { readTokens } from "../token-statistics.ts";
import type { Judged } from "./pairs.ts";

export async function referenceOf<S extends Judged>(
  { reference, scores }: Pick<Step, "reference" | "scores">,
  sequences: readonly S[],
): Promise<ReadonlyMap<S, number>> {
  const known = new Map<S, number>();
  const own = sequences.filter(({ reference }) => reference === undefined);
  for (const sequence of sequences) {
    if (sequence.reference !== undefined) known.set(sequence, sequence.reference);
  }
  if (own.length === 0) return known;
  const kept = await scores();
  const unknown: S[] = [];
  for (const sequence of own) {
    const score = kept.get(sequence);
    if (score === undefined) unknown.push(sequence);
    else known.set(sequence, score);
  }
  for (const [sequence, sum] of await sumsOf(reference, unknown)) {
    known.set(sequence, sum);
    kept.add(sequence, sum);
  }
  await kept.save();
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
