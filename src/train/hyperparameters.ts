/** The hyperparameters of a training run: their names are those of the field, their defaults those of nanoGPT. */
import { GptError } from "../errors.ts";
import { checkOptions, number, type Rule, seedRule, wholeFrom } from "../option-rules.ts";
import { SCHEDULES, type Schedule } from "./schedule.ts";

/** Everything that changes the numbers of a run, apart from the data. */
export interface Hyperparameters extends Schedule {
  /** Decay of the gradient's first and second moment. */
  readonly betas: readonly [number, number];
  readonly eps: number;
  /** Decoupled, and only of matrices and embeddings. */
  readonly weightDecay: number;
  /** The longest gradient over all parameters; longer ones are scaled down. 0 for no limit. */
  readonly clipGradNorm: number;
  /** Probability that an element is dropped: of embeddings, attention weights and sublayer outputs. */
  readonly dropout: number;
  /** Share of the probability that is spread over all classes. */
  readonly labelSmoothing: number;
  /** Of dropout: an unsigned 32-bit integer. */
  readonly seed: number;
  /** Sequences go through the model together while they have at most so many tokens; gradients add up over a batch. */
  readonly microBatchTokens: number;
  /** Weights that stay as they are, by their names in the checkpoint, in which * stands for any text. */
  readonly freeze: readonly string[];
}

/** Those that somebody chose; one that is undefined counts as missing. */
export type ChosenHyperparameters = {
  readonly [Name in keyof Hyperparameters]?: Hyperparameters[Name] | undefined;
};

/** Where nothing is said, beside `minLr`, a tenth of `lr`, and `steps`, which has to be said. */
const DEFAULTS: Omit<Hyperparameters, "steps" | "minLr"> = {
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
  freeze: [],
};

const fromZero = number("a number from 0", (value) => value >= 0);
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
  freeze: {
    expected: "a list of names",
    holds: (value) => Array.isArray(value) && value.every((name) => typeof name === "string"),
  },
};

/**
 * Checks hyperparameters and puts the defaults where one is missing or undefined.
 * @param saved of the run that is continued: defaults before all others
 * @throws GptError `usage` for a value outside its range, for one that does not exist, and without `steps`
 */
export function resolveHyperparameters(
  given: ChosenHyperparameters,
  saved: Partial<Hyperparameters> = {},
): Hyperparameters {
  const checked = {
    ...DEFAULTS,
    ...checkOptions(saved, rules),
    ...checkOptions(given as Partial<Hyperparameters>, rules),
  };
  const { steps, minLr = checked.lr / 10 } = checked;
  if (steps === undefined) throw new GptError("usage", "steps is missing: say how many steps the run has");
  if (minLr > checked.lr) throw new GptError("usage", `minLr ${minLr} must be at most lr, ${checked.lr}`);
  return { ...checked, steps, minLr };
}
