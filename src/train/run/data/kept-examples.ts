/** Examples that lie in memory: their files in the directory of a run, their order, their batches. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { findSources, shuffled } from "../../../data/index.ts";
import type { DataSource } from "../../../data/sources.ts";
import { OutputFile } from "../../../files/output-file.ts";
import type { Example } from "../model-in-training.ts";
import type { TrainPlan } from "../plan.ts";
import type { ValidationData } from "../run.ts";
import type { RunDirectory } from "../run-directory.ts";

/** Examples that the model evaluates together. The run can stop between batches. */
const EVALUATION_BATCH = 64;

/** Training and validation records. */
export interface Division<T> {
  readonly train: readonly T[];
  readonly valid: readonly T[];
}

/** How records are read, and what their file has of each. */
interface RecordKind<T> {
  readonly read: (sources: readonly DataSource[]) => AsyncIterable<T>;
  readonly fieldsOf: (record: T) => object;
}

/**
 * The records of a run: those of its directory if the run is resumed, else a new division, which the
 * directory keeps.
 */
export async function keptDivision<T>(
  directory: RunDirectory,
  { read, fieldsOf }: RecordKind<T>,
  divide: () => Promise<Division<T>>,
): Promise<Division<T>> {
  const [train, valid] = [join(directory.data, "train.jsonl"), join(directory.data, "valid.jsonl")];
  if (directory.holdsRun && existsSync(train) && existsSync(valid)) {
    const recordsIn = async (path: string) => recordsOf(read, await findSources([path]));
    return { train: await recordsIn(train), valid: await recordsIn(valid) };
  }
  const division = await divide();
  await write(train, division.train.map(fieldsOf));
  await write(valid, division.valid.map(fieldsOf));
  return division;
}

export async function recordsOf<T>(
  read: (sources: readonly DataSource[]) => AsyncIterable<T>,
  sources: readonly DataSource[],
): Promise<T[]> {
  const records: T[] = [];
  for await (const record of read(sources)) records.push(record);
  return records;
}

/** @throws GptError as `writeError` */
async function write(path: string, records: readonly object[]): Promise<void> {
  await using file = await OutputFile.create(path);
  for (const record of records) await file.write(`${JSON.stringify(record)}\n`);
  await file.keep();
}

/**
 * Each epoch has an order of its own. A step may hold the last examples of one epoch and the first of the
 * next.
 */
export function batchOf<T>(examples: readonly T[], step: number, { sequences, seed }: TrainPlan): T[] {
  const numbers = Array.from({ length: sequences }, (_, row) => step * sequences + row);
  return numbers.flatMap((number) => {
    const epoch = Math.floor(number / examples.length);
    return examples[shuffled(number % examples.length, examples.length, [seed, epoch])] ?? [];
  });
}

/** @param most examples of an evaluation; 0 for all */
export function validationOf(examples: readonly Example[], most: number): ValidationData {
  const size = examples.length;
  const sampled = most === 0 ? size : Math.min(most, size);
  const chosen = examples.slice(0, sampled).flatMap((_, i) => examples[shuffled(i, size, [0, 0])] ?? []);
  const all = () => batches(examples);
  return { size, sampled, sample: sampled === size ? all : () => batches(chosen), all };
}

async function* batches(examples: readonly Example[]): AsyncGenerator<Example[]> {
  for (let begin = 0; begin < examples.length; begin += EVALUATION_BATCH) {
    yield examples.slice(begin, begin + EVALUATION_BATCH);
  }
}
