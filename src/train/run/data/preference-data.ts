/** Data of a run of preferences: prompts with completions -> batches of ids. */

import { PromptReader, type WrittenPrompt } from "../../../chat/template/written-prompt.ts";
import {
  type DataSource,
  holdOut,
  type Preference,
  readPreferences,
  readVerdicts,
  type Verdict,
} from "../../../data/index.ts";
import { GptError } from "../../../errors.ts";
import { textOf, type Written } from "../../../files/written.ts";
import type { JudgedExample, PreferenceExample } from "../../examples.ts";
import type { RunDirectory } from "../run-directory.ts";
import type { DataSet } from "./data-set.ts";
import { type ExampleList, exampleData } from "./example-data.ts";
import { keptDivision, recordsOf } from "./kept-examples.ts";
import type { Needs, ReadNeeds } from "./needs.ts";

export const preferenceData = (directory: RunDirectory, needs: ReadNeeds): Promise<DataSet> =>
  completionData(
    directory,
    needs,
    readPreferences,
    fieldsOfPair,
    (pair, prompt): PreferenceExample => ({
      prompt: prompt.ids,
      chosen: prompt.completion(pair.chosen),
      rejected: prompt.completion(pair.rejected),
      margin: pair.margin,
    }),
  );

export const verdictData = (directory: RunDirectory, needs: ReadNeeds): Promise<DataSet> =>
  completionData(
    directory,
    needs,
    readVerdicts,
    fieldsOfVerdict,
    ({ completion, label }, prompt): JudgedExample => ({
      prompt: prompt.ids,
      completion: prompt.completion(completion),
      label,
    }),
  );

const fieldsOfPair = ({ prompt, chosen, rejected, margin }: Preference) => ({
  prompt,
  chosen,
  rejected,
  margin,
});
const fieldsOfVerdict = ({ prompt, completion, label }: Verdict) => ({ prompt, completion, label });

type Read<T> = (sources: readonly DataSource[]) => AsyncIterable<T>;
type Prompted = { readonly prompt: Written; readonly place: string };

/** Reads the records of a run into memory. Those that are longer than the context are left out. */
async function completionData<T extends Prompted, E extends object>(
  directory: RunDirectory,
  needs: ReadNeeds,
  read: Read<T>,
  fieldsOf: (record: T) => object,
  exampleOf: (record: T, prompt: WrittenPrompt) => E & ExampleList["examples"][number],
): Promise<DataSet> {
  const { plan, sources, observer } = needs;
  const divide = async () => {
    const { train: given, valid: others } = await sources();
    const records = await recordsOf(read, given);
    const isHeldOut = holdOut(plan.validFraction, plan.seed);
    const [train, valid]: [T[], T[]] = [[], []];
    for (const record of records) (isHeldOut() ? valid : train).push(record);
    return { train, valid: [...valid, ...(await recordsOf(read, others))] };
  };
  const division = await keptDivision(directory, { read, fieldsOf }, divide);
  const listOf = (records: readonly T[]) => new Completions(records, needs, exampleOf);
  const [train, valid] = [listOf(division.train), listOf(division.valid)];
  const dropped = train.dropped + valid.dropped;
  if (dropped > 0) observer.dropped(dropped, plan.context);
  if (train.examples.length > 0) return exampleData(train, valid, needs);
  const found = train.dropped > 0 ? `all are longer than ${plan.context} tokens` : "no examples to train on";
  throw new GptError("invalid-file", `${division.train[0]?.place ?? "the data"}: ${found}`);
}

/** Examples as token ids, with their totals. */
class Completions<T extends Prompted> implements ExampleList {
  readonly examples: ExampleList["examples"][number][] = [];
  readonly truncated = 0;
  tokens = 0;
  bytes = 0;
  dropped = 0;

  constructor(
    records: readonly T[],
    { tokenizer, dialogues, plan }: Needs,
    exampleOf: (record: T, prompt: WrittenPrompt) => ExampleList["examples"][number],
  ) {
    const prompts = new PromptReader(tokenizer, dialogues);
    for (const record of records) {
      const prompt = prompts.read(record.prompt, record.place);
      const example = exampleOf(record, prompt);
      const sizes = completionsOf(example).map((completion) => prompt.ids.length + completion.length);
      if (sizes.some((size) => size > plan.context)) {
        this.dropped++;
        continue;
      }
      this.examples.push(example);
      this.tokens += sizes.reduce((sum, size) => sum + size, 0);
      this.bytes += Object.values(record).reduce((sum, value) => sum + bytesOf(value), 0);
    }
  }
}

const completionsOf = (example: object): (readonly number[])[] =>
  Object.entries(example).flatMap(([name, value]) =>
    name !== "prompt" && Array.isArray(value) ? [value] : [],
  );

/** UTF-8 bytes of what people wrote. */
const bytesOf = (value: unknown): number =>
  typeof value === "string" || Array.isArray(value) ? Buffer.byteLength(textOf(value)) : 0;
