/** Data of a classifier's run: texts with labels -> batches of them. */
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
import type { Reading } from "../../../library/reading.ts";
import type { ClassExample } from "../../examples.ts";
import type { TrainPlan } from "../plan.ts";
import type { ValidationData } from "../run.ts";
import type { RunDirectory } from "../run-directory.ts";
import type { DataSet } from "./data-set.ts";
import type { DataSources, Needs } from "./needs.ts";

/** Texts that the model evaluates together. The run can stop between batches. */
const EVALUATION_BATCH = 64;

export interface LabelledNeeds extends Needs {
  /** The ids of a text, as the model reads it. */
  readonly read: (text: string) => Omit<Reading, "typeIds">;
}

interface Division {
  readonly train: readonly LabelledText[];
  readonly valid: readonly LabelledText[];
}

/**
 * Reads the texts of a run into memory: those of its directory if the run is resumed, else those of the
 * sources.
 */
export async function labelledData(directory: RunDirectory, needs: LabelledNeeds): Promise<DataSet> {
  const { plan, observer } = needs;
  const division = await divide(directory, needs);
  const [train, valid] = [new Texts(division.train, needs), new Texts(division.valid, needs)];
  const cut = train.truncated + valid.truncated;
  if (cut > 0) observer.truncated(cut, plan.context);
  return {
    run: {
      stepTokens: Math.round((plan.sequences * train.tokens) / train.examples.length),
      batch: async (step) => batchOf(train.examples, step, plan),
      validation: validationOf(valid.examples, plan.evalWindows),
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

/** Texts as token ids, with their totals. */
class Texts {
  readonly examples: ClassExample[] = [];
  tokens = 0;
  bytes = 0;
  truncated = 0;

  constructor(texts: readonly LabelledText[], { read }: LabelledNeeds) {
    for (const { text, label } of texts) {
      const { ids, truncated } = read(text);
      this.examples.push({ ids, label });
      this.tokens += ids.length;
      this.bytes += Buffer.byteLength(text);
      this.truncated += Number(truncated);
    }
  }
}

/** Training and validation texts. The directory keeps both for `--resume`. */
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

/**
 * Each epoch has an order of its own. A step may hold the last texts of one epoch and the first of the next.
 */
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

/** @param most texts of an evaluation; 0 for all */
function validationOf(texts: readonly ClassExample[], most: number): ValidationData {
  const size = texts.length;
  const sampled = most === 0 ? size : Math.min(most, size);
  const chosen = texts.slice(0, sampled).flatMap((_, i) => texts[shuffled(i, size, [0, 0])] ?? []);
  const all = () => batches(texts);
  return { size, sampled, sample: sampled === size ? all : () => batches(chosen), all };
}

async function* batches(texts: readonly ClassExample[]): AsyncGenerator<ClassExample[]> {
  for (let begin = 0; begin < texts.length; begin += EVALUATION_BATCH) {
    yield texts.slice(begin, begin + EVALUATION_BATCH);
  }
}
