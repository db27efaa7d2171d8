/** Hyperparameters of a training run. Their defaults are those of nanoGPT. */

import {
  checkOptions,
  flag,
  fromZero,
  number,
  objectRule,
  type Rule,
  seedRule,
  wholeFrom,
} from "../checks/rules.ts";
import { GptError } from "../errors.ts";
import {
  type ChosenObjective,
  defaultsOf,
  type ObjectiveSettings,
  resolveObjective,
} from "./objectives/table.ts";
import { SCHEDULES, type Schedule } from "./schedule.ts";
import { type ChosenWeights, resolveWeightChoice, type TrainedWeights } from "./trained-weights.ts";

/** All settings that change the numbers of a run, apart from the data. */
export interface Hyperparameters extends Schedule {
  /** Decay of the gradient's first and second moment. */
  readonly betas: readonly [number, number];
  readonly eps: number;
  /** Decoupled weight decay, of matrices and embeddings only. */
  readonly weightDecay: number;
  /** Largest norm of the gradient of all parameters. A larger gradient is scaled down. 0 for no limit. */
  readonly clipGradNorm: number;
  /** Probability that an element of embeddings, attention weights and sublayer outputs is dropped. */
  readonly dropout: number;
  /** Share of the probability that is spread over all outputs. */
  readonly labelSmoothing: number;
  /** Seed of dropout, an unsigned 32-bit integer. */
  readonly seed: number;
  /**
   * Sequences of at most this many tokens go through the model together. Their gradients add up over a batch.
   */
  readonly microBatchTokens: number;
  /** Zeros of matrices stay zeros, such as those of a pruned model. */
  readonly keepZeros: boolean;
  /** The weights that are trained. */
  readonly trained: TrainedWeights;
  /** The loss. */
  readonly objective: ObjectiveSettings;
}

/** Options of a caller. An undefined one counts as missing. */
export type ChosenHyperparameters = {
  readonly [Name in Exclude<keyof Hyperparameters, "trained" | "objective">]?:
    | Hyperparameters[Name]
    | undefined;
} & {
  readonly trained?: ChosenWeights | undefined;
  readonly objective?: ChosenObjective | undefined;
};

/** `minLr` is a tenth of `lr`, of a linear schedule 0; `steps` has no default. */
const DEFAULTS: Omit<Hyperparameters, "steps" | "minLr"> & { readonly minLr?: number } = {
  schedule: "cosine",
  lr: 6e-4,
  warmupSteps: 0,
  betas: [0.9, 0.95],
  eps: 1e-8,
  weightDecay: 0.1,
  clipGradNorm: 1,
  dropout: 0,
  labelSmoothing: 0,
  seed: 1,
  microBatchTokens: 1024,
  keepZeros: false,
  trained: { kind: "all" },
  objective: { kind: "language" },
};

/** Objectives with a new head, which an adapter does not have. */
const HEADED: readonly string[] = ["classes", "reward"];

const share = number("a number from 0 to below 1", (value) => value >= 0 && value < 1);

const rules: Readonly<Record<keyof Hyperparameters, Rule>> = {
  schedule: {
    expected: `one of ${SCHEDULES.join(", ")}`,
    holds: (value) => SCHEDULES.some((name) => name === value),
  },
  lr: fromZero,
  minLr: fromZero,
  warmupSteps: wholeFrom(0),
  steps: wholeFrom(1),
  betas: {
    expected: "two numbers from 0 to below 1",
    holds: (value) => Array.isArray(value) && value.length === 2 && value.every(share.holds),
  },
  eps: number("a number above 0", (value) => value > 0),
  weightDecay: fromZero,
  clipGradNorm: fromZero,
  dropout: share,
  labelSmoothing: share,
  seed: seedRule,
  microBatchTokens: wholeFrom(1),
  keepZeros: flag,
  trained: objectRule,
  objective: objectRule,
};

/**
 * Checks hyperparameters and fills in defaults.
 *
 * @param saved hyperparameters of the run that is resumed, which come before the defaults
 * @throws GptError `usage` for a value outside its range, for an unknown option, and without `steps`; for a
 *   resumed run with another objective or another adapter
 */
export function resolveHyperparameters(
  given: ChosenHyperparameters,
  saved?: ChosenHyperparameters,
): Hyperparameters {
  const [before, now] = [check(saved ?? {}), check(given)];
  const { objective: kind = DEFAULTS.objective } = { ...before, ...now };
  const checked = { ...DEFAULTS, ...defaultsOf(kind), ...before, ...now };
  const usualEnd = checked.schedule === "linear" ? 0 : checked.lr / 10;
  const { steps, minLr = usualEnd, trained, objective } = checked;
  if (steps === undefined) throw new GptError("usage", "steps is missing: say how many steps the run has");
  if (minLr > checked.lr) throw new GptError("usage", `minLr ${minLr} must be at most lr, ${checked.lr}`);
  if (trained.kind === "adapter" && HEADED.includes(objective.kind)) {
    const model = objective.kind === "classes" ? "a classifier" : "a reward model";
    throw new GptError("usage", `adapter: the weights of ${model} are trained themselves: leave it out`);
  }
  if (checked.keepZeros && trained.kind === "adapter") {
    throw new GptError("usage", "keepZeros: an adapter leaves all weights as they are: leave it out");
  }
  if (saved !== undefined) checkResumed(before, checked);
  return { ...checked, steps, minLr };
}

/** A resumed run keeps its objective and its adapter. */
function checkResumed(
  { trained = DEFAULTS.trained, objective = DEFAULTS.objective }: Partial<Hyperparameters>,
  now: Pick<Hyperparameters, "trained" | "objective">,
): void {
  const isSame = (a: object, b: object) => JSON.stringify(a) === JSON.stringify(b);
  const hasAdapter = [trained, now.trained].some(({ kind }) => kind === "adapter");
  const isOther = {
    trained: hasAdapter && !isSame(trained, now.trained),
    objective: !isSame(objective, now.objective),
  };
  const [wrong] = Object.entries(isOther).find(([, other]) => other) ?? [];
  if (wrong === undefined) return;
  throw new GptError("usage", `${wrong}: the run that is resumed has another: leave it out`);
}

function check({ trained, objective, ...others }: ChosenHyperparameters): Partial<Hyperparameters> {
  return {
    ...checkOptions(others as Partial<Hyperparameters>, rules),
    ...(trained === undefined ? {} : { trained: resolveWeightChoice(trained) }),
    ...(objective === undefined ? {} : { objective: resolveObjective(objective) }),
  };
}
