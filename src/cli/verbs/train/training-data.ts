/** The data of a language model's run: text in files -> batches of windows. */
import {
  type DataSource,
  findSources,
  IGNORED_LABEL,
  openData,
  prepareData,
  type Sampling,
  sampleWindows,
  sequentialWindows,
  type TokenFile,
  type TrainingData,
  type Window,
  windowsPerEpoch,
} from "../../../data/index.ts";
import { GptError } from "../../../errors.ts";
import type { Tokenizer } from "../../../tokenizer/index.ts";
import type { RunData } from "../../../train/run/run.ts";
import type { RunDirectory } from "../../../train/run/run-directory.ts";
import { bytes } from "../../terminal/format.ts";
import { isConnected } from "../../terminal/input.ts";
import type { Spinner } from "../../terminal/spinner.ts";
import type { DataSet } from "./data-set.ts";
import type { RunArguments } from "./flags.ts";
import type { TrainPlan } from "./plan.ts";

/** Windows that go through the model together when the validation loss is measured. */
const EVALUATION_BATCH = 8;

export interface DataSources {
  readonly train: readonly DataSource[];
  readonly valid: readonly DataSource[];
}

/** Where nothing is named, what is piped in. */
export async function findData({ data, valid }: RunArguments): Promise<DataSources> {
  if (data === undefined && !isConnected(0)) {
    throw new GptError("usage", "no data is given: try gpt train stories.txt -o my-model, or pipe it in");
  }
  const train = await findSources(data ?? ["-"]);
  return { train, valid: valid === undefined ? [] : await findSources(valid) };
}

type Tokens = Omit<TrainingData, "isReused">;

/** What the data of a run is made with. */
export interface Needs {
  readonly sources: () => Promise<DataSources>;
  readonly tokenizer: Tokenizer;
  readonly plan: TrainPlan;
}

/** @throws GptError `resource` for tokens that make no window, and as `prepareData` */
export async function windowData(
  directory: RunDirectory,
  needs: Needs,
  spinner: Spinner,
  signal: AbortSignal,
): Promise<DataSet> {
  const { train, valid } = await tokenizeData(directory, needs, spinner, signal);
  return {
    run: runData({ train, valid }, needs.plan),
    sequences: windowsPerEpoch(train, needs.plan.context),
    hasValidation: valid.length > 0,
    labels: undefined,
    facts: {
      tokens: train.length,
      textBytes: train.head.textBytes,
      validationTokens: valid.length,
      validationBytes: valid.head.textBytes,
    },
    async [Symbol.asyncDispose]() {
      await train.close();
      await valid.close();
    },
  };
}

/** The tokens of a run: those it had where it goes on, else made from the sources. */
async function tokenizeData(
  directory: RunDirectory,
  { sources, tokenizer, plan }: Needs,
  spinner: Spinner,
  signal: AbortSignal,
): Promise<Tokens> {
  const present = directory.holdsRun ? await openData(directory.data) : undefined;
  if (present !== undefined) return present;
  const { train, valid } = await sources();
  const { validFraction: fraction, seed } = plan;
  return await prepareData({
    sources: train,
    validation: valid,
    heldOut: fraction > 0 ? { fraction, seed } : undefined,
    tokenizer,
    directory: directory.data,
    onProgress: (textBytes) => spinner.say(`reading the data: ${bytes(textBytes)}`),
    signal,
  });
}

function runData({ train, valid }: Tokens, { context, sequences, seed, evalWindows }: TrainPlan): RunData {
  return {
    stepTokens: sequences * context,
    batch: (step) => trainingWindows(train, { seed, step, batch: sequences, context }),
    validation: () => batches(evaluationWindows(valid, Math.min(context, valid.length - 1), evalWindows)),
  };
}

/** They begin at different places, so that what is at an end of the data is in a window of some. */
const SEARCHED_EPOCHS = 8;

/** Those of a step's windows in which something is predicted; where there are none, those of the next step that has some. */
async function trainingWindows(train: TokenFile, sampling: Sampling): Promise<Window[]> {
  const { step, batch, context } = sampling;
  const epoch = Math.ceil(windowsPerEpoch(train, context) / batch);
  const last = train.head.learned === 0 ? -1 : SEARCHED_EPOCHS * epoch;
  for (let later = 0; later <= last; later++) {
    const windows = await sampleWindows(train, { ...sampling, step: step + later });
    const learned = windows.filter(predictsSomething);
    if (learned.length > 0) return learned;
  }
  const problem = `in no window of ${context} tokens is there anything to learn`;
  throw new GptError("invalid-file", `${train.path}: ${problem}: only completions and answers are learned`);
}

const predictsSomething = ({ labels }: Window): boolean =>
  labels.some((label, place) => place > 0 && label !== IGNORED_LABEL);

/** The same windows every time: all of them, or so many by chance. */
async function* evaluationWindows(valid: TokenFile, context: number, count: number): AsyncGenerator<Window> {
  if (context < 1) return;
  if (count === 0 || windowsPerEpoch(valid, context) <= count) yield* sequentialWindows(valid, context);
  else yield* await sampleWindows(valid, { seed: 0, step: 0, batch: count, context });
}

async function* batches(windows: AsyncIterable<Window>): AsyncGenerator<Window[]> {
  let batch: Window[] = [];
  for await (const window of windows) {
    if (predictsSomething(window)) batch.push(window);
    if (batch.length < EVALUATION_BATCH) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}
