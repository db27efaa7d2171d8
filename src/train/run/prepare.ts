/** Preparation of a run: its plan, its data as tokens, and a model to start from. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { chooseSimd } from "../../compute/kernels/kernels.ts";
import { GptError } from "../../errors.ts";
import type { JsonObject } from "../../files/json.ts";
import { findModel } from "../../hub/find-model.ts";
import { inputOf, read as readText } from "../../library/reading.ts";
import { seesAhead } from "../../model/attention/masks.ts";
import type { PipelineTokenizer } from "../../tokenizer/index.ts";
import { chooseSize } from "../new-model/size-choice.ts";
import type { DataSet } from "./data/data-set.ts";
import { dialoguesOf, keepTemplate } from "./data/dialogues.ts";
import { labelledData } from "./data/labelled-data.ts";
import { maskedData } from "./data/masked-data.ts";
import { type DataSources, findData, type Input, type ReadNeeds } from "./data/needs.ts";
import { pairData } from "./data/pair-data.ts";
import { preferenceData, verdictData } from "./data/preference-data.ts";
import { promptData } from "./data/prompt-data.ts";
import { windowData } from "./data/window-data.ts";
import { measureMachine } from "./machine.ts";
import type { PreparationObserver } from "./observer.ts";
import { budgetOf, isSizeOpen, pinned, planOf, shapeOf, type TrainPlan } from "./plan.ts";
import type { RunRequest } from "./request.ts";
import type { RunDirectory } from "./run-directory.ts";
import {
  copyTokenizer,
  decoderOf,
  makeModel,
  makeTokenizer,
  openStart,
  readsSources,
  type StartingModel,
  tokenizerIn,
} from "./starting-model.ts";
import type { Task } from "./tasks.ts";

export interface Prepared {
  readonly start: StartingModel;
  readonly plan: TrainPlan;
  readonly data: DataSet;
  /** Steps of the run; undefined if the clock ends it. */
  readonly steps: number | undefined;
}

export interface Preparation {
  readonly request: RunRequest;
  readonly directory: RunDirectory;
  /** Standard input; undefined if nothing is connected to it. */
  readonly input: Input | undefined;
  /** The request as train.json holds it. */
  readonly settingsOf: (request: RunRequest) => JsonObject;
  readonly observer: PreparationObserver;
  readonly signal: AbortSignal;
}

/** How the data of each task is read. */
const DATA: Readonly<
  Record<Task, (directory: RunDirectory, needs: ReadNeeds, signal: AbortSignal) => Promise<DataSet>>
> = {
  generate: windowData,
  classify: labelledData,
  "fill-mask": maskedData,
  reward: preferenceData,
  dpo: preferenceData,
  orpo: preferenceData,
  kto: verdictData,
  distill: windowData,
  ppo: promptData,
  grpo: promptData,
};

/**
 * Writes the settings first, so that a run that ends here can be resumed. The caller closes the data that it
 * gets.
 */
export async function prepareRun(given: Preparation): Promise<Prepared> {
  const sources = memoized(() => findData(given.request, given.input));
  if (!given.directory.holdsRun) {
    await sources(); // missing files and models are found before the machine is measured
    if (given.request.tokenizer !== undefined) findModel(given.request.tokenizer);
    await given.directory.begin(given.settingsOf(given.request));
  }
  const request = await sized(given);
  const preparation = { ...given, request };
  const { directory, observer, settingsOf, signal } = preparation;
  const base = directory.holdsState && request.lora === undefined ? directory.last : request.init;
  const present = base === undefined ? undefined : await openStart(base);
  const plan = planOf(request, sizesOf(present, request));

  const tokenizer = present?.tokenizer ?? (await newTokenizer(preparation, sources));
  const isEncoder = present !== undefined && (readsSources(present) || seesAhead(present.description.config));
  const read = (text: string, pair?: string) =>
    isEncoder || pair !== undefined
      ? inputOf(tokenizer, text, { pair, maxTokens: plan.context })
      : { typeIds: [], ...readText(tokenizer, text, plan.context) };
  const template = {
    ...{ template: directory.holdsState ? undefined : request.template },
    ...{ start: present?.path, directory: directory.path },
  };
  const dialogues = await dialoguesOf(template, tokenizer);
  const decoder = present && decoderOf(present);
  const { tokens } = request;
  const needs = { sources, tokenizer, dialogues, plan, observer, read, decoder, tokens };
  const open = present && readsSources(present) && plan.task === "generate" ? pairData : DATA[plan.task];
  const data = await open(directory, needs, signal);
  try {
    await keepTemplate(template, dialogues);
    if (plan.validFraction > 0 && !data.hasValidation) goWithoutValidation(preparation);
    const simd = chooseSimd(request.simd ?? "auto");
    await directory.begin(settingsOf(pinned({ ...request, simd }, plan)));
    observer.preparing("making the model");
    const start = present ?? (await makeModel(directory.path, shapeOf(request), tokenizer, plan.seed));
    return { start, plan, data, steps: stepsOf(plan, data, request.replica?.count) };
  } catch (error) {
    await data[Symbol.asyncDispose]();
    throw error;
  }
}

/** The request with a preset, if the time decides the size. */
async function sized({ request, observer, signal }: Preparation): Promise<RunRequest> {
  const budget = budgetOf(request);
  if (budget.kind !== "minutes" || !isSizeOpen(request)) return request;
  observer.preparing("measuring the machine");
  const flopsPerSecond = await measureMachine({ threads: request.threads, simd: request.simd }, signal);
  const seconds = 60 * budget.minutes;
  const preset = chooseSize({ family: request.family ?? "gpt2", seconds, flopsPerSecond });
  observer.sized(preset, seconds, flopsPerSecond);
  return { ...request, preset };
}

function sizesOf(present: StartingModel | undefined, request: RunRequest) {
  if (present === undefined) return { ...shapeOf(request), readsSources: false };
  const { nPositions, nEmbd } = present.description.config;
  return { context: nPositions, width: nEmbd, readsSources: readsSources(present) };
}

async function newTokenizer(
  { request, directory, observer, signal }: Preparation,
  sources: () => Promise<DataSources>,
): Promise<PipelineTokenizer> {
  if (request.tokenizer !== undefined) return await copyTokenizer(request.tokenizer, directory.path);
  const isThere = directory.holdsRun && existsSync(join(directory.path, "tokenizer.json"));
  if (isThere) return await tokenizerIn(directory.path);
  observer.preparing("training a tokenizer");
  return await makeTokenizer((await sources()).train, shapeOf(request).vocabulary, directory.path, signal);
}

/** @throws GptError `usage` if the request asks for validation */
function goWithoutValidation({ request, observer }: Preparation): void {
  const { validFraction } = request;
  if (validFraction === undefined) {
    observer.unvalidated();
    return;
  }
  const problem = "too few documents to keep one back for validation";
  const advice = "give more, or --valid FILE, or --valid-fraction 0";
  throw new GptError("usage", `--valid-fraction ${validFraction}: ${problem}: ${advice}`);
}

/** Steps of a run whose length is not a time. @param replicas that read an epoch together */
function stepsOf({ budget, sequences }: TrainPlan, data: DataSet, replicas = 1): number | undefined {
  if (budget.kind === "steps") return budget.steps;
  if (budget.kind === "minutes") return undefined;
  return Math.ceil((budget.epochs * data.sequences) / (sequences * replicas));
}

/** Calls `find` at most once. */
function memoized<T>(find: () => Promise<T>): () => Promise<T> {
  let found: Promise<T> | undefined;
  return () => {
    found ??= find();
    return found;
  };
}
