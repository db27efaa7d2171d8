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
import { textIds } from "../../../text/text-ids.ts";
import type { Tokenizer } from "../../../tokenizer/index.ts";
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

/** Ids of a prompt, and of completions of it. */
class PromptIds {
  readonly prompt: readonly number[];
  readonly #tokenizer: Tokenizer;
  readonly #record: Prompted;
  readonly #end: number | undefined;

  constructor(tokenizer: Tokenizer, record: Prompted) {
    this.#tokenizer = tokenizer;
    this.#record = record;
    [this.#end] = tokenizer.endOfTextIds;
    const ids = textIds(tokenizer, record.prompt);
    const begin = tokenizer.bosId ?? this.#end;
    this.prompt = ids.length === 0 && begin !== undefined ? [begin] : ids;
  }

  /**
   * The ids of the text that follow those of the prompt, and the one that ends a text.
   *
   * @throws GptError `invalid-file` if prompt and completion share a token
   */
  completion(text: string): number[] {
    const { prompt, place } = this.#record;
    const isAlone = prompt === "";
    const whole = isAlone
      ? [...this.prompt, ...this.#tokenizer.encode(text)]
      : textIds(this.#tokenizer, prompt + text);
    const stray = this.prompt.findIndex((id, i) => whole[i] !== id);
    if (stray >= 0) {
      const problem = "the last token of the prompt reaches into the completion";
      const advice = "end the prompt before the space, and begin the completion with it";
      throw new GptError("invalid-file", `${place}: ${problem}: ${advice}`);
    }
    const ids = whole.slice(this.prompt.length);
    return this.#end === undefined || ids.at(-1) === this.#end ? ids : [...ids, this.#end];
  }
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
      const ids = new PromptIds(tokenizer, record);
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
