/** The data of a run: text in files -> batches of windows. */
import {
  type DataSource,
  findSources,
  openData,
  prepareData,
  sampleWindows,
  sequentialWindows,
  type TokenFile,
  type TrainingData,
  type Window,
  windowsPerEpoch,
} from "../../data/index.ts";
import { GptError } from "../../errors.ts";
import type { Tokenizer } from "../../tokenizer/index.ts";
import type { RunData } from "../../train/run/run.ts";
import type { RunDirectory } from "../../train/run/run-directory.ts";
import { bytes } from "../terminal/format.ts";
import { isConnected } from "../terminal/input.ts";
import type { Spinner } from "../terminal/spinner.ts";
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

/** The tokens of a run: those it had where it goes on, else made from the sources. */
export async function tokenizeData(
  directory: RunDirectory,
  {
    sources,
    tokenizer,
    plan,
  }: { sources: () => Promise<DataSources>; tokenizer: Tokenizer; plan: TrainPlan },
  spinner: Spinner,
  signal: AbortSignal,
): Promise<Omit<TrainingData, "isReused">> {
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

/** @throws GptError `resource` for tokens that make no window */
export function checkData({ train, valid }: Omit<TrainingData, "isReused">, { context }: TrainPlan): void {
  windowsPerEpoch(train, context);
  if (valid.length === 0 || valid.length > context) return;
  const found = `${valid.length} tokens for validation make no window of ${context} and one`;
  throw new GptError("resource", `${found}: a larger --valid-fraction, 0 for none, or a shorter --context`);
}

export function runData(
  { train, valid }: Omit<TrainingData, "isReused">,
  { context, sequences, seed, evalWindows }: TrainPlan,
): RunData {
  return {
    stepTokens: sequences * context,
    batch: (step) => sampleWindows(train, { seed, step, batch: sequences, context }),
    validation: () => batches(evaluationWindows(valid, context, evalWindows)),
  };
}

/** The same windows every time: all of them, or so many by chance. */
async function* evaluationWindows(valid: TokenFile, context: number, count: number): AsyncGenerator<Window> {
  if (valid.length === 0) return;
  if (count === 0 || windowsPerEpoch(valid, context) <= count) yield* sequentialWindows(valid, context);
  else yield* await sampleWindows(valid, { seed: 0, step: 0, batch: count, context });
}

/** Of windows in which something is predicted. */
async function* batches(windows: AsyncIterable<Window>): AsyncGenerator<Window[]> {
  let batch: Window[] = [];
  for await (const window of windows) {
    if (window.labels.slice(1).some((label) => label >= 0)) batch.push(window);
    if (batch.length < EVALUATION_BATCH) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}
