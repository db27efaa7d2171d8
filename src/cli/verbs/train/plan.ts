/** What a run is asked to do: every number that its flags leave open is decided here. */
import { GptError } from "../../../errors.ts";
import { checkShape, type ModelShape } from "../../../train/new-model/model-shape.ts";
import { PRESETS, type PresetName, usualBatch, usualRate } from "../../../train/new-model/presets.ts";
import type { ScheduleName } from "../../../train/schedule.ts";
import type { RunArguments, Task, Warmup } from "./flags.ts";

export type Budget =
  | { readonly kind: "steps"; readonly steps: number }
  | { readonly kind: "epochs"; readonly epochs: number }
  | { readonly kind: "minutes"; readonly minutes: number };

export interface TrainPlan {
  readonly task: Task;
  /** Tokens of a sequence. */
  readonly context: number;
  /** Sequences of a step. */
  readonly sequences: number;
  readonly budget: Budget;
  readonly warmup: Warmup;
  readonly schedule: ScheduleName;
  readonly lr: number;
  readonly minLr: number;
  readonly seed: number;
  /** Of the documents; 0 where validation has data of its own. */
  readonly validFraction: number;
  readonly evalWindows: number;
}

const DEFAULT_MINUTES = 5;
const DEFAULT_WARMUP: Warmup = { share: 0.05 };
const DEFAULT_VALID_FRACTION = 0.05;
const DEFAULT_EVAL_WINDOWS = 64;
/** Texts with labels are short. */
const DEFAULT_TEXTS = 32;
const DEFAULT_EVAL_TEXTS = 256;
export const DEFAULT_PRESET: PresetName = "mini";

/** The shape that is asked for, but for the vocabulary, which its tokenizer decides. */
export function shapeOf(args: RunArguments, preset: PresetName = args.preset ?? DEFAULT_PRESET): ModelShape {
  const sizes = PRESETS[preset];
  const shape: ModelShape = {
    family: args.family ?? "gpt2",
    layers: args.layers ?? sizes.layers,
    heads: args.heads ?? sizes.heads,
    width: args.width ?? sizes.width,
    context: args.context ?? sizes.context,
    vocabulary: args.vocabSize ?? sizes.vocabulary,
  };
  checkShape(shape);
  return shape;
}

/** Whether the size is left to the time there is. */
export const isSizeOpen = (args: RunArguments): boolean =>
  budgetOf(args).kind === "minutes" &&
  [args.init, args.preset, args.layers, args.heads, args.width, args.context].every(
    (flag) => flag === undefined,
  );

export function budgetOf({ steps, epochs, minutes }: RunArguments): Budget {
  if (steps !== undefined) return { kind: "steps", steps };
  if (epochs !== undefined) return { kind: "epochs", epochs };
  return { kind: "minutes", minutes: minutes ?? DEFAULT_MINUTES };
}

/**
 * @param model its context and width
 * @throws GptError `usage` for numbers that contradict each other
 */
export function planOf(
  args: RunArguments,
  model: { readonly context: number; readonly width: number },
): TrainPlan {
  const training = args.init === undefined ? "new" : "further";
  const { task = "generate", context = model.context, accumulate = 1 } = args;
  const { batch = task === "classify" ? DEFAULT_TEXTS : usualBatch(context, training) } = args;
  if (context > model.context) {
    throw usage(`--context ${context}: the model takes at most ${model.context}`);
  }
  const budget = budgetOf(args);
  const { warmup = DEFAULT_WARMUP } = args;
  if ("steps" in warmup && budget.kind === "minutes") {
    throw usage(
      `--warmup ${warmup.steps}: nobody knows the steps of --minutes yet: give a share, such as 5%`,
    );
  }
  const usual = usualRate(model.width);
  const { lr = training === "new" || args.lora !== undefined ? usual : tenth(usual) } = args;
  const { minLr = tenth(lr) } = args;
  if (minLr > lr) throw usage(`--min-lr ${minLr}: expected at most --lr, ${lr}`);
  return {
    task,
    context,
    sequences: batch * accumulate,
    budget,
    warmup,
    schedule: args.schedule ?? "cosine",
    lr,
    minLr,
    seed: args.seed ?? 1,
    validFraction: args.valid === undefined ? (args.validFraction ?? DEFAULT_VALID_FRACTION) : 0,
    evalWindows: args.evalWindows ?? (task === "classify" ? DEFAULT_EVAL_TEXTS : DEFAULT_EVAL_WINDOWS),
  };
}

/** Steps in which the rate rises, or with a length in seconds: seconds. */
export const warmupOf = (warmup: Warmup, length: number): number =>
  "steps" in warmup ? warmup.steps : Math.round(warmup.share * length);

/** Without the noise of binary fractions. */
const tenth = (rate: number): number => Number((rate / 10).toPrecision(12));

const usage = (message: string): GptError => new GptError("usage", message);
