/** The numbers of a run: given by its request, or decided here. */
import { GptError } from "../../errors.ts";
import { checkShape, type ModelShape } from "../new-model/model-shape.ts";
import { PRESETS, type PresetName, usualBatch, usualRate } from "../new-model/presets.ts";
import type { ScheduleName } from "../schedule.ts";
import type { Criterion } from "./history.ts";
import type { RunRequest, Warmup } from "./request.ts";
import { settingsOfTask, type Task } from "./tasks.ts";

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
  /** Share of the documents that is held out; 0 if validation has data of its own. */
  readonly validFraction: number;
  /** Sequences of an evaluation; 0 for all. */
  readonly evalWindows: number;
  readonly bestBy: Criterion;
  /** Of pairs of texts that do not name their own. */
  readonly sourceLanguage?: string | undefined;
  readonly targetLanguage?: string | undefined;
}

const DEFAULT_MINUTES = 5;
const DEFAULT_WARMUP: Warmup = { share: 0.05 };
const NO_WARMUP: Warmup = { share: 0 };
const DEFAULT_VALID_FRACTION = 0.05;
const DEFAULT_PRESET: PresetName = "mini";

/** The requested shape. A tokenizer may still change its vocabulary. */
export function shapeOf(
  request: RunRequest,
  preset: PresetName = request.preset ?? DEFAULT_PRESET,
): ModelShape {
  const sizes = PRESETS[preset];
  const shape: ModelShape = {
    family: request.family ?? "gpt2",
    layers: request.layers ?? sizes.layers,
    heads: request.heads ?? sizes.heads,
    width: request.width ?? sizes.width,
    context: request.context ?? sizes.context,
    vocabulary: request.vocabSize ?? sizes.vocabulary,
  };
  checkShape(shape);
  return shape;
}

/** Whether the time decides the size of the model. */
export const isSizeOpen = (request: RunRequest): boolean =>
  budgetOf(request).kind === "minutes" &&
  [request.init, request.preset, request.layers, request.heads, request.width, request.context].every(
    (size) => size === undefined,
  );

export function budgetOf({ steps, epochs, minutes, task }: RunRequest): Budget {
  if (steps !== undefined) return { kind: "steps", steps };
  if (epochs !== undefined) return { kind: "epochs", epochs };
  const { epochs: usual } = settingsOfTask(task);
  if (usual !== undefined && minutes === undefined) return { kind: "epochs", epochs: usual };
  return { kind: "minutes", minutes: minutes ?? DEFAULT_MINUTES };
}

/**
 * @param model context and width of the model; whether it is an encoder-decoder
 * @throws GptError `usage` for numbers that contradict each other
 */
export function planOf(
  request: RunRequest,
  model: { readonly context: number; readonly width: number; readonly readsSources?: boolean },
): TrainPlan {
  const training = request.init === undefined ? "new" : "further";
  const { task = "generate", context = model.context, accumulate = 1 } = request;
  const defaults = settingsOfTask(task, model.readsSources);
  if (model.readsSources && request.sampleEvery !== undefined) {
    throw usage(
      "--sample-every: an encoder-decoder writes about a text, of which a run has no sample: leave it out",
    );
  }
  for (const name of ["source", "target"] as const) {
    if (request[`${name}Lang`] === undefined || (model.readsSources && task === "generate")) continue;
    throw usage(`--${name}-lang: only an encoder-decoder translates: leave it out`);
  }
  const { batch = defaults.batch ?? usualBatch(context, training) } = request;
  if (context > model.context) {
    throw usage(`--context ${context}: the model takes at most ${model.context}`);
  }
  const budget = budgetOf(request);
  if (request.replica !== undefined && budget.kind === "minutes") {
    throw usage("--replica: replicas meet after a number of steps: give --steps or --epochs");
  }
  const { warmup = defaults.lr === undefined ? DEFAULT_WARMUP : NO_WARMUP } = request;
  if ("steps" in warmup && budget.kind === "minutes") {
    const problem = "with --minutes the number of steps is not known: give a share, such as 5%";
    throw usage(`--warmup ${warmup.steps}: ${problem}`);
  }
  const usual = usualRate(model.width);
  const further = request.lora === undefined ? tenth(usual) : usual;
  const { lr = defaults.lr ?? (training === "new" ? usual : further) } = request;
  const { schedule = defaults.lr === undefined ? "cosine" : "linear" } = request;
  const { minLr = schedule === "linear" ? 0 : tenth(lr) } = request;
  if (minLr > lr) throw usage(`--min-lr ${minLr}: expected at most --lr, ${lr}`);
  const { bestBy = defaults.bestBy } = request;
  const isOfClasses = bestBy === "accuracy" || bestBy === "macro-f1";
  if (task !== "classify" && isOfClasses) {
    throw usage(`--best-by ${bestBy}: only a classifier has it: give --task classify`);
  }
  if (defaults.bestBy === "reward" && request.reward === undefined && request.rewardCommand === undefined) {
    throw usage(
      `--task ${task}: no reward is named: --reward or --reward-command does, gpt reward tries them`,
    );
  }
  if (bestBy === "reward" && defaults.bestBy !== "reward") {
    throw usage("--best-by reward: only a policy has one: give --task ppo or --task grpo");
  }
  const heldOut = heldOutOf(request);
  return {
    task,
    context,
    sequences: batch * accumulate,
    budget,
    warmup,
    schedule,
    lr,
    minLr,
    seed: heldOut.seed,
    validFraction: heldOut.fraction,
    evalWindows: request.evalWindows ?? defaults.evalSequences,
    bestBy,
    sourceLanguage: request.sourceLang,
    targetLanguage: request.targetLang,
  };
}

/** Which documents are held out for validation. None if it has data of its own. */
export const heldOutOf = ({ seed = 1, valid, validFraction = DEFAULT_VALID_FRACTION }: RunRequest) => ({
  seed,
  fraction: valid === undefined ? validFraction : 0,
});

/** The request with all numbers that another version, or another machine, might decide otherwise. */
export const pinned = (request: RunRequest, plan: TrainPlan): RunRequest => ({
  ...request,
  ...(request.init === undefined ? { preset: request.preset ?? DEFAULT_PRESET } : {}),
  ...plan.budget,
  context: plan.context,
  batch: plan.sequences / (request.accumulate ?? 1),
  warmup: plan.warmup,
  schedule: plan.schedule,
  lr: plan.lr,
  minLr: plan.minLr,
  seed: plan.seed,
  evalWindows: plan.evalWindows,
  bestBy: plan.bestBy,
});

/** Steps of the warm-up, or seconds of it if the length of the run is in seconds. */
export const warmupOf = (warmup: Warmup, length: number): number =>
  "steps" in warmup ? warmup.steps : Math.round(warmup.share * length);

/** Without the noise of binary fractions. */
const tenth = (rate: number): number => Number((rate / 10).toPrecision(12));

const usage = (message: string): GptError => new GptError("usage", message);
