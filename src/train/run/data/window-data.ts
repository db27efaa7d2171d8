/** Data of a language model's run: text in files -> batches of windows. */
import {
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
import type { TrainPlan } from "../plan.ts";
import type { RunData, ValidationData } from "../run.ts";
import type { RunDirectory } from "../run-directory.ts";
import type { DataSet } from "./data-set.ts";
import type { Needs } from "./needs.ts";

/** Windows that go through the model together in an evaluation. */
const EVALUATION_BATCH = 8;

export type Tokens = Omit<TrainingData, "isReused">;

/** @throws GptError `resource` for too few tokens for one window, and as `prepareData` */
export async function windowData(
  directory: RunDirectory,
  needs: Needs,
  signal: AbortSignal,
): Promise<DataSet> {
  const tokens = await tokenizeData(directory, needs, signal);
  const run = runData(tokens, needs.plan, beginOf(needs.tokenizer));
  return await dataSetOf(tokens, run, needs.plan.context);
}

/**
 * Windows of some tokens as the data of a run, which closes their files.
 * @throws GptError `resource` for too few tokens for one window: the files are closed then, too
 */
export async function dataSetOf({ train, valid }: Tokens, run: RunData, context: number): Promise<DataSet> {
  const close = async () => {
    await train.close();
    await valid.close();
  };
  let sequences: number;
  try {
    sequences = windowsPerEpoch(train, context);
  } catch (error) {
    await close();
    throw error;
  }
  return {
    ...{ run, sequences },
    hasValidation: valid.length > 0,
    labels: undefined,
    facts: {
      tokens: train.length,
      textBytes: train.head.textBytes,
      validationTokens: valid.length,
      validationBytes: valid.head.textBytes,
    },
    [Symbol.asyncDispose]: close,
  };
}

/** The token files of a resumed run, or new ones from the sources. */
export async function tokenizeData(
  directory: RunDirectory,
  { sources, tokenizer, dialogues, plan, observer, tokens: made }: Needs,
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
    ...{ tokenizer, dialogues, made },
    directory: directory.data,
    onProgress: (textBytes) => observer.tokenized(textBytes),
    signal,
  });
}

/** The token from which samples start. */
const beginOf = ({ addBos, bosId, endOfTextIds }: Tokenizer): number | undefined =>
  addBos ? bosId : (endOfTextIds[0] ?? bosId);

/** In a text of one document, one window in this many begins with the begin token. */
const BEGIN_EVERY = 8;

function runData(
  { train, valid }: Tokens,
  { context, sequences, seed, evalWindows }: TrainPlan,
  begin: number | undefined,
): RunData {
  const isOneDocument = train.head.documents <= 1;
  return {
    stepTokens: sequences * context,
    async batch(step) {
      const windows = await trainingWindows(train, { seed, step, batch: sequences, context });
      if (!isOneDocument || begin === undefined) return windows;
      return windows.map((window, row) =>
        (step * sequences + row) % BEGIN_EVERY === 0 ? beginning(window, begin) : window,
      );
    },
    validation: validationOf(valid, Math.min(context, valid.length - 1), evalWindows),
  };
}

/**
 * The window with the begin token as its first input. A text of one document has that token once, which is
 * too rare to learn from: the model would not know how to begin a text.
 */
const beginning = ({ ids, labels }: Window, begin: number): Window => ({
  ids: [begin, ...ids.slice(1)],
  labels: [IGNORED_LABEL, ...labels.slice(1)],
});

/**
 * Epochs cut the tokens at different places, so that tokens at an end of the data are in a window of some
 * epoch.
 */
const SEARCHED_EPOCHS = 8;

/**
 * Windows of a step that have targets. A step without such windows takes those of the next step that has
 * some.
 */
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

/**
 * @param most windows of an evaluation; 0 for all
 * @param change of each window, a function of its number alone
 */
export function validationOf(
  valid: TokenFile,
  context: number,
  most: number,
  change: (window: Window, number: number) => Window = (window) => window,
): ValidationData {
  const size = valid.length < 2 ? 0 : Math.ceil((valid.length - 1) / context);
  const all = () => batches(size === 0 ? nothing() : sequentialWindows(valid, context), change);
  if (size === 0 || most === 0 || windowsPerEpoch(valid, context) <= most) {
    return { size, sampled: size, sample: all, all };
  }
  const sample = () => batches(sampledWindows(valid, { seed: 0, step: 0, batch: most, context }), change);
  return { size, sampled: most, sample, all };
}

async function* nothing(): AsyncGenerator<Window> {}

async function* sampledWindows(valid: TokenFile, sampling: Sampling): AsyncGenerator<Window> {
  yield* await sampleWindows(valid, sampling);
}

async function* batches(
  windows: AsyncIterable<Window>,
  change: (window: Window, number: number) => Window,
): AsyncGenerator<Window[]> {
  let batch: Window[] = [];
  let number = 0;
  for await (const found of windows) {
    const window = change(found, number++);
    if (predictsSomething(window)) batch.push(window);
    if (batch.length < EVALUATION_BATCH) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}
