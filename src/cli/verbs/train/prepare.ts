/** What a run needs before its first step: a plan, the data as tokens, a model to start from. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { chooseSimd } from "../../../compute/kernels/kernels.ts";
import { GptError } from "../../../errors.ts";
import type { BpeTokenizer } from "../../../tokenizer/index.ts";
import { chooseSize } from "../../../train/new-model/size-choice.ts";
import type { RunDirectory } from "../../../train/run/run-directory.ts";
import { duration } from "../../terminal/format.ts";
import type { Spinner } from "../../terminal/spinner.ts";
import type { DataSet } from "./data-set.ts";
import type { TrainArguments } from "./flags.ts";
import { labelledData } from "./labelled-data.ts";
import { measureMachine } from "./machine.ts";
import { budgetOf, DEFAULT_PRESET, isSizeOpen, planOf, shapeOf, type TrainPlan } from "./plan.ts";
import { savedFlags } from "./saved-flags.ts";
import {
  copyTokenizer,
  makeModel,
  makeTokenizer,
  openStart,
  type StartingModel,
  tokenizerIn,
} from "./starting-model.ts";
import { type DataSources, findData, windowData } from "./training-data.ts";

export interface Prepared {
  readonly start: StartingModel;
  readonly plan: TrainPlan;
  readonly data: DataSet;
  /** Of the run; undefined where the clock decides. */
  readonly steps: number | undefined;
}

/** What a preparation works with. */
interface Work {
  readonly args: TrainArguments;
  readonly directory: RunDirectory;
  readonly spinner: Spinner;
  readonly signal: AbortSignal;
}

/** The caller closes the data. */
export async function prepareRun({ args: given, ...work }: Work): Promise<Prepared> {
  const args = await sized({ args: given, ...work });
  const { directory, spinner, signal } = work;
  const base = directory.holdsState && args.lora === undefined ? directory.last : args.init;
  const present = base === undefined ? undefined : await openStart(base);
  const plan = planOf(args, sizesOf(present, args));

  const sources = memoized(() => findData(args));
  const tokenizer = present?.tokenizer ?? (await newTokenizer({ args, ...work }, sources));
  const needs = { sources, tokenizer, plan };
  const data =
    plan.task === "classify"
      ? await labelledData(directory, needs, (line) => say(line, args))
      : await windowData(directory, needs, spinner, signal);
  if (plan.validFraction > 0 && !data.hasValidation) goWithoutValidation(args);
  await directory.begin(savedFlags({ ...args, ...pinned(args, plan) }));
  spinner.say("making the model");
  const start = present ?? (await makeModel(directory.path, shapeOf(args), tokenizer, plan.seed));
  return { start, plan, data, steps: stepsOf(plan, data) };
}

/** With a preset where the size was left to the time there is. */
async function sized({ args, spinner, signal }: Work): Promise<TrainArguments> {
  const budget = budgetOf(args);
  if (budget.kind !== "minutes" || !isSizeOpen(args)) return args;
  spinner.say("measuring the machine");
  const flopsPerSecond = await measureMachine({ threads: args.threads, simd: args.simd }, signal);
  const family = args.family ?? "gpt2";
  const preset = chooseSize({ family, seconds: 60 * budget.minutes, flopsPerSecond });
  const speed = `${(flopsPerSecond / 1e9).toPrecision(3)} GFLOP/s`;
  say(`${speed}: in ${duration(60 * budget.minutes)} this machine trains the preset ${preset}`, args);
  return { ...args, preset };
}

function sizesOf(present: StartingModel | undefined, args: TrainArguments) {
  if (present === undefined) return shapeOf(args);
  const { nPositions, nEmbd } = present.description.config;
  return { context: nPositions, width: nEmbd };
}

async function newTokenizer(
  { args, directory, spinner, signal }: Work,
  sources: () => Promise<DataSources>,
): Promise<BpeTokenizer> {
  if (args.tokenizer !== undefined) return await copyTokenizer(args.tokenizer, directory.path);
  const isThere = directory.holdsRun && existsSync(join(directory.path, "tokenizer.json"));
  if (isThere) return await tokenizerIn(directory.path);
  spinner.say("training a tokenizer");
  return await makeTokenizer((await sources()).train, shapeOf(args).vocabulary, directory.path, signal);
}

/** @throws GptError `usage` where validation was asked for */
function goWithoutValidation(args: TrainArguments): void {
  const { validFraction } = args;
  const problem = "too few documents to keep one back for validation";
  if (validFraction !== undefined) {
    const advice = "give more, or --valid FILE, or --valid-fraction 0";
    throw new GptError("usage", `--valid-fraction ${validFraction}: ${problem}: ${advice}`);
  }
  say(`${problem}: there is none; --valid FILE gives it a text`, args);
}

/** A line on standard error. */
function say(line: string, { quiet }: TrainArguments): void {
  if (!quiet) process.stderr.write(`${line}\n`);
}

/** What a later version, or another machine, might decide in another way. */
const pinned = (args: TrainArguments, plan: TrainPlan): Partial<TrainArguments> => ({
  ...(args.init === undefined ? { preset: args.preset ?? DEFAULT_PRESET } : {}),
  ...plan.budget,
  context: plan.context,
  batch: plan.sequences / (args.accumulate ?? 1),
  warmup: plan.warmup,
  schedule: plan.schedule,
  lr: plan.lr,
  minLr: plan.minLr,
  seed: plan.seed,
  evalWindows: plan.evalWindows,
  simd: chooseSimd(args.simd ?? "auto"),
});

/** Steps of a run whose length is not a time. */
function stepsOf({ budget, sequences }: TrainPlan, data: DataSet): number | undefined {
  if (budget.kind === "steps") return budget.steps;
  if (budget.kind === "minutes") return undefined;
  return Math.ceil((budget.epochs * data.sequences) / sequences);
}

/** Looks once, and only where somebody asks. */
function memoized<T>(find: () => Promise<T>): () => Promise<T> {
  let found: Promise<T> | undefined;
  return () => {
    found ??= find();
    return found;
  };
}
