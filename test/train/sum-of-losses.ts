/** The sum of the cross-entropies of all targets, as an objective and as a measurement. */
import type { Head } from "../../src/model/modules.ts";
import type { Sequence } from "../../src/train/examples.ts";
import { differentiateRows, measureRows } from "../../src/train/objectives/cross-entropy.ts";
import type { Objective } from "../../src/train/objectives/objective.ts";
import type { Loss } from "../../src/train/step/loss.ts";

const targetsOf = (sequences: readonly Sequence[]) => sequences.flatMap(({ targets }) => targets);

/** @param weightOf factor of the gradient of a sequence */
export const sumOfLosses = (
  head: Head,
  weightOf: (sequence: Sequence, index: number) => number = () => 1,
): Objective => ({
  head,
  dropout: 0,
  scale: 1,
  differentiate(rows, sequences) {
    const weights = sequences.flatMap((sequence, i) => sequence.targets.map(() => weightOf(sequence, i)));
    const targets = targetsOf(sequences);
    return differentiateRows(rows, { targets, weights: Float32Array.from(weights), smoothing: 0 });
  },
});

export const measureLoss = (loss: Loss, head: Head, sequences: readonly Sequence[]): Promise<number> =>
  loss.measure(
    sequences,
    head,
    (rows) => measureRows(rows, targetsOf(sequences)),
    async () => {},
  );
