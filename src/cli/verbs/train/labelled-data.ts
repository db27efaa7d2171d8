/** The data of a classifier's run: texts with labels -> batches of them. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import {
  classesOf,
  type DataSource,
  findSources,
  holdOutOfEach,
  type LabelledText,
  readLabelledTexts,
  shuffled,
  writeLabelledTexts,
} from "../../../data/index.ts";
import { GptError } from "../../../errors.ts";
import { quote } from "../../../files/quote.ts";
import { read } from "../../../library/reading.ts";
import type { ClassExample } from "../../../train/examples.ts";
import type { RunDirectory } from "../../../train/run/run-directory.ts";
import { counted } from "../../terminal/format.ts";
import type { DataSet } from "./data-set.ts";
import type { TrainPlan } from "./plan.ts";
import type { DataSources, Needs } from "./training-data.ts";

/** Texts that go to the model together when it is evaluated: between them the run can be stopped. */
const EVALUATION_BATCH = 64;

interface Division {
  readonly train: readonly LabelledText[];
  readonly valid: readonly LabelledText[];
}

/**
 * Reads the texts of a run, those it had where it goes on, into memory.
 *
 * @param note told what a reader should know
 */
export async function labelledData(
  directory: RunDirectory,
  needs: Needs,
  note: (line: string) => void,
): Promise<DataSet> {
  const { plan } = needs;
  const division = await divide(directory, needs);
  const [train, valid] = [new Texts(division.train, needs), new Texts(division.valid, needs)];
  const cut = train.truncated + valid.truncated;
  if (cut > 0) note(`${counted(cut, "text")} of more than ${plan.context} tokens: the end is not read`);
  return {
    run: {
      stepTokens: Math.round((plan.sequences * train.tokens) / train.examples.length),
      batch: async (step) => batchOf(train.examples, step, plan),
      validation: () => validationOf(valid.examples, plan.evalWindows),
    },
    sequences: train.examples.length,
    hasValidation: valid.examples.length > 0,
    labels: classesOf([...train.examples, ...valid.examples]),
    facts: {
      tokens: train.tokens,
      textBytes: train.bytes,
      validationTokens: valid.tokens,
      validationBytes: valid.bytes,
    },
    [Symbol.asyncDispose]: async () => {},
  };
}

/** Texts as they are read by a classifier, and how much they are. */
class Texts {
  readonly examples: ClassExample[] = [];
  tokens = 0;
  bytes = 0;
  truncated = 0;

  constructor(texts: readonly LabelledText[], { tokenizer, plan }: Needs) {
    for (const { text, label } of texts) {
      const { ids, truncated } = read(tokenizer, text, plan.context);
      this.examples.push({ ids, label });
      this.tokens += ids.length;
      this.bytes += Buffer.byteLength(text);
      this.truncated += Number(truncated);
    }
  }
}

/** What is trained on and what is kept back: a directory keeps both for when the run goes on. */
async function divide(directory: RunDirectory, { sources, plan }: Needs): Promise<Division> {
  const [train, valid] = [join(directory.data, "train.jsonl"), join(directory.data, "valid.jsonl")];
  if (directory.holdsRun && existsSync(train) && existsSync(valid)) {
    return { train: await textsIn([train]), valid: await textsIn([valid]) };
  }
  const division = await newDivision(await sources(), plan);
  await writeLabelledTexts(train, division.train);
  await writeLabelledTexts(valid, division.valid);
  return division;
}

async function newDivision(
  sources: DataSources,
  { validFraction: fraction, seed }: TrainPlan,
): Promise<Division> {
  const texts = await textsOf(sources.train);
  const labels = classesOf(texts);
  if (labels.length < 2) {
    const found = labels[0] === undefined ? "no texts" : `the label ${quote(labels[0])} alone`;
    const problem = `${sources.train[0]?.name}: ${found}: a classifier needs two classes`;
    throw new GptError("invalid-file", problem);
  }
  const given = await textsOf(sources.valid);
  const stray = given.find(({ label }) => !labels.includes(label));
  if (stray !== undefined) {
    const problem = `the label ${quote(stray.label)} is of no text that is trained on`;
    throw new GptError("invalid-file", `${stray.place}: ${problem}`);
  }
  const { train, valid } = holdOutOfEach(texts, { fraction, seed });
  return { train, valid: [...valid, ...given] };
}

const textsIn = async (paths: readonly string[]): Promise<LabelledText[]> =>
  textsOf(await findSources(paths));

async function textsOf(sources: readonly DataSource[]): Promise<LabelledText[]> {
  const texts: LabelledText[] = [];
  for await (const text of readLabelledTexts(sources)) texts.push(text);
  return texts;
}

/** Each text once an epoch, in an order of its own; a step may hold the last ones of one and the first ones of the next. */
function batchOf(
  texts: readonly ClassExample[],
  step: number,
  { sequences, seed }: TrainPlan,
): ClassExample[] {
  const numbers = Array.from({ length: sequences }, (_, row) => step * sequences + row);
  return numbers.flatMap((number) => {
    const epoch = Math.floor(number / texts.length);
    return texts[shuffled(number % texts.length, texts.length, [seed, epoch])] ?? [];
  });
}

/** The same texts every time: all of them, or so many by chance. */
async function* validationOf(texts: readonly ClassExample[], count: number): AsyncGenerator<ClassExample[]> {
  const size = count === 0 ? texts.length : Math.min(count, texts.length);
  const chosen = Array.from({ length: size }, (_, i) =>
    size === texts.length ? i : shuffled(i, texts.length, [0, 0]),
  );
  for (let begin = 0; begin < size; begin += EVALUATION_BATCH) {
    yield chosen.slice(begin, begin + EVALUATION_BATCH).flatMap((i) => texts[i] ?? []);
  }
}
