/** One step of a training: its options, its gradient, its figures. */
import { fromZero, signalRule } from "../../checks/rules.ts";
import { GptError } from "../../errors.ts";
import { microBatches, type Sequence } from "../examples.ts";
import type { Hyperparameters } from "../hyperparameters.ts";
import type { Objectives } from "../objectives/objective.ts";
import type { Loss } from "./loss.ts";
import type { Metrics } from "./metrics.ts";

export interface StepOptions {
  /** Learning rate instead of the schedule's. */
  readonly lr?: number | undefined;
  /**
   * Numbers of the examples that the update learns from. What is computed of a whole batch, such as advantages,
   * is that of all. Default: all.
   */
  readonly rows?: readonly number[] | undefined;
  /** Ends the step before the update. The model and the number of the step are then as they were. */
  readonly signal?: AbortSignal | undefined;
}

export const stepRules = {
  lr: fromZero,
  rows: {
    expected: "a list of numbers of examples",
    holds: (value: unknown) => Array.isArray(value) && value.length > 0 && value.every(Number.isSafeInteger),
  },
  signal: signalRule,
};

/** The sequences of some examples of a batch, in their order. @throws GptError `usage` for one that is not there */
export function chosenSequences(
  sequences: readonly Sequence[],
  rows: readonly number[],
): readonly Sequence[] {
  const numberOf = ({ unit }: Sequence, i: number) => unit ?? i;
  return rows.flatMap((row) => {
    const found = sequences.filter((sequence, i) => numberOf(sequence, i) === row);
    if (found.length > 0) return found;
    throw new GptError("usage", `rows: the batch has no example ${row}`);
  });
}

export interface StepResult {
  /** Number of the step, from 0. */
  readonly step: number;
  /** The objective's loss before the update: mean cross-entropy in nats of the ids, or of the classes alone. */
  readonly loss: number;
  /** Norm of the whole gradient, before clipping. */
  readonly gradNorm: number;
  readonly lr: number;
  /** Figures of the objective, under TRL's names; none of language models and classifiers. */
  readonly metrics: Metrics;
}

interface Pass {
  readonly of: Loss;
  readonly hyperparameters: Hyperparameters;
  /** Updates before this step. */
  readonly step: number;
}

/**
 * Adds the gradient of all objectives to those of the parameters. Returns the reported loss.
 *
 * @param pause awaited often; it may throw to abort
 */
export async function differentiate(
  { of: loss, hyperparameters, step }: Pass,
  sequences: readonly Sequence[],
  objectives: Objectives,
  pause: () => Promise<void>,
): Promise<number> {
  const { microBatchTokens, dropout: rate, seed } = hyperparameters;
  const sums = objectives.map(() => 0);
  for (const [pass, group] of microBatches(sequences, microBatchTokens).entries()) {
    const own = await loss.differentiate(group, objectives, { rate, seed, step, pass }, pause);
    for (const [i, sum] of own.entries()) sums[i] = (sums[i] ?? 0) + sum;
  }
  const reported = objectives.map(({ scale, beside }, i) => (beside ? 0 : (sums[i] ?? 0) * scale));
  return reported.reduce((loss, own) => loss + own, 0);
}

export const metricsOf = (objectives: Objectives): Metrics =>
  Object.assign({}, ...objectives.map(({ metrics }) => metrics?.()));

export function divergence(step: number, loss: number, gradNorm: number, lr: number): GptError {
  const found = Number.isFinite(loss) ? `gradient's length is ${gradNorm}` : `loss is ${loss}`;
  const advice = `begin again with a learning rate below ${lr}, or a longer warm-up`;
  return new GptError("usage", `training has diverged: in step ${step + 1} the ${found}: ${advice}`);
}
