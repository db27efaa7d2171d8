/** The tasks that a model is trained for. Each has the name of the verb that uses the model. */
import type { Criterion } from "./history.ts";

/** Defaults of a task, and what its runs can do. */
export interface TaskSettings {
  /** Epochs of a run without a length; without them it has a time. */
  readonly epochs?: number;
  /** Sequences of a step; without them a step has a number of tokens. */
  readonly batch?: number;
  /** Sequences of an evaluation. */
  readonly evalSequences: number;
  /** Measure of the best model. */
  readonly bestBy: Criterion;
  /** The run can show texts that the model writes. */
  readonly writes: boolean;
  /** Highest learning rate, which falls linearly to 0 without a warm-up, as in transformers. */
  readonly lr?: number;
}

/** Of a policy that learns from its own answers. An epoch is all prompts. */
const POLICY = { epochs: 1, evalSequences: 64, bestBy: "reward", writes: true } as const;

/** Of preferences, by TRL's defaults. An example has one or two completions. */
const PREFERENCES = {
  epochs: 1,
  batch: 8,
  evalSequences: 256,
  bestBy: "loss",
  writes: true,
  lr: 1e-6,
} as const;

const TASKS = {
  generate: { evalSequences: 64, bestBy: "loss", writes: true },
  /** Epochs as in Radford et al. 2018, section 4.1. Labelled texts are short. */
  classify: { epochs: 3, batch: 32, evalSequences: 256, bestBy: "accuracy", writes: false },
  "fill-mask": { evalSequences: 64, bestBy: "loss", writes: false },
  reward: { ...PREFERENCES, writes: false, lr: 1e-4 },
  dpo: PREFERENCES,
  orpo: PREFERENCES,
  kto: PREFERENCES,
  /** Of texts, as they are generated. */
  distill: { epochs: 1, evalSequences: 64, bestBy: "loss", writes: true },
  ppo: { ...POLICY, batch: 32, lr: 3e-6 },
  grpo: { ...POLICY, batch: 8, lr: 1e-6 },
} as const satisfies Readonly<Record<string, TaskSettings>>;

export type Task = keyof typeof TASKS;

export const TASK_NAMES = Object.keys(TASKS) as Task[];

/** Of an encoder-decoder, whose runs have pairs of texts. */
const PAIRS: TaskSettings = { batch: 32, evalSequences: 256, bestBy: "loss", writes: false };

export const settingsOfTask = (task: Task = "generate", readsSources = false): TaskSettings =>
  task === "generate" && readsSources ? PAIRS : TASKS[task];
