/** The hyperparameters of a training run: their names are those of the field, their defaults those of nanoGPT. */

import { checkOptions, fromZero, number, type Rule, seedRule, wholeFrom } from "../checks/rules.ts";
import { GptError } from "../errors.ts";
import { type ChosenLora, type Lora, resolveLora } from "./adapter/lora.ts";
import { type ChosenClassification, type Classification, resolveClassification } from "./classification.ts";
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
  /** Trains an adapter beside the weights, which all stay as they are; null trains the weights. */
  readonly lora: Lora | null;
  /** Trains a classifier; null trains a language model. */
  readonly classification: Classification | null;
}

/** Those that somebody chose; one that is undefined counts as missing. */
export type ChosenHyperparameters = {
  readonly [Name in Exclude<keyof Hyperparameters, "lora" | "classification">]?:
    | Hyperparameters[Name]
    | undefined;
} & {
  readonly lora?: ChosenLora | null | undefined;
  readonly classification?: ChosenClassification | null | undefined;
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
  lora: null,
  classification: null,
};

const objectOrNull: Rule = { expected: "an object, or null", holds: (value) => typeof value === "object" };
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
  lora: objectOrNull,
  classification: objectOrNull,
};

/**
 * Checks hyperparameters and puts the defaults where one is missing or undefined.
 * @param saved of the run that is continued: defaults before all others
 * @throws GptError `usage` for a value outside its range, for one that does not exist, and without `steps`; for a run that is
 *   continued with other low-rank matrices or classes than it has
 */
export function resolveHyperparameters(
  given: ChosenHyperparameters,
  saved?: ChosenHyperparameters,
): Hyperparameters {
  const [before, now] = [check(saved ?? {}), check(given)];
  const checked = { ...DEFAULTS, ...before, ...now };
  const { steps, minLr = checked.lr / 10, lora, classification, freeze } = checked;
  if (steps === undefined) throw new GptError("usage", "steps is missing: say how many steps the run has");
  if (minLr > checked.lr) throw new GptError("usage", `minLr ${minLr} must be at most lr, ${checked.lr}`);
  if (lora !== null && freeze.length > 0) {
    throw new GptError("usage", "freeze: with lora all weights of the model stay as they are: leave it out");
  }
  if (lora !== null && classification !== null) {
    throw new GptError("usage", "lora: the weights of a classifier are trained themselves: leave it out");
  }
  for (const name of ["lora", "classification"] as const) {
    if (saved === undefined || JSON.stringify(checked[name]) === JSON.stringify(before[name] ?? null))
      continue;
    throw new GptError("usage", `${name}: the run that is continued has another: leave it out`);
  }
  return { ...checked, steps, minLr };
}

function check(given: ChosenHyperparameters): Partial<Hyperparameters> {
  const checked = checkOptions(given as Partial<Hyperparameters>, rules);
  const { lora, classification } = checked;
  return {
    ...checked,
    ...(lora ? { lora: resolveLora(lora) } : {}),
    ...(classification ? { classification: resolveClassification(classification) } : {}),
  };
}
