/** Data of a run of preferences: prompts with completions -> batches of ids. */
import {
  type DataSource,
  holdOut,
  type Preference,
  readPreferences,
  readVerdicts,
  type Verdict,
} from "../../../data/index.ts";
import { GptError } from "../../../errors.ts";
import { PromptIds } from "../../../text/completion-ids.ts";
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
    (pair, ids): PreferenceExample => ({
      prompt: ids.prompt,
      chosen: ids.completion(pair.chosen),
      rejected: ids.completion(pair.rejected),
      margin: pair.margin,
    }),
  );

export const verdictData = (directory: RunDirectory, needs: ReadNeeds): Promise<DataSet> =>
  completionData(
    directory,
    needs,
    readVerdicts,
    fieldsOfVerdict,
    ({ completion, label }, ids): JudgedExample => ({
      prompt: ids.prompt,
      completion: ids.completion(completion),
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
type Prompted = { readonly prompt: string; readonly place: string };

/** Reads the records of a run into memory. Those that are longer than the context are left out. */
async function completionData<T extends Prompted, E extends object>(
  directory: RunDirectory,
  needs: ReadNeeds,
  read: Read<T>,
  fieldsOf: (record: T) => object,
  exampleOf: (record: T, ids: PromptIds) => E & ExampleList["examples"][number],
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
    { tokenizer, plan }: Needs,
    exampleOf: (record: T, ids: PromptIds) => ExampleList["examples"][number],
  ) {
    for (const record of records) {
      const ids = new PromptIds(tokenizer, record.prompt, record.place);
      const example = exampleOf(record, ids);
      const sizes = completionsOf(example).map((completion) => ids.prompt.length + completion.length);
      if (sizes.some((size) => size > plan.context)) {
        this.dropped++;
        continue;
      }
      this.examples.push(example);
      this.tokens += sizes.reduce((sum, size) => sum + size, 0);
      this.bytes += Buffer.byteLength(Object.values(record).join(""));
    }
  }
}

const completionsOf = (example: object): (readonly number[])[] =>
  Object.entries(example).flatMap(([name, value]) =>
    name !== "prompt" && Array.isArray(value) ? [value] : [],
  );
