/** Data of a policy's run: prompts, which it answers in batches. */

import { PromptReader } from "../../../chat/template/written-prompt.ts";
import { type GivenPrompt, holdOut, readPrompts } from "../../../data/index.ts";
import { GptError } from "../../../errors.ts";
import type { PromptExample } from "../model-in-training.ts";
import type { RunDirectory } from "../run-directory.ts";
import type { DataSet } from "./data-set.ts";
import { type ExampleList, exampleData } from "./example-data.ts";
import { keptDivision, recordsOf } from "./kept-examples.ts";
import type { ReadNeeds } from "./needs.ts";

/** Reads the prompts of a run into memory. Those that leave no room for an answer are left out. */
export async function promptData(directory: RunDirectory, needs: ReadNeeds): Promise<DataSet> {
  const { plan, sources, observer } = needs;
  const divide = async () => {
    const { train: given, valid: others } = await sources();
    const records = await recordsOf(readPrompts, given);
    const isHeldOut = holdOut(plan.validFraction, plan.seed);
    const [train, valid]: [GivenPrompt[], GivenPrompt[]] = [[], []];
    for (const record of records) (isHeldOut() ? valid : train).push(record);
    return { train, valid: [...valid, ...(await recordsOf(readPrompts, others))] };
  };
  const fieldsOf = ({ fields }: GivenPrompt) => fields;
  const division = await keptDivision(directory, { read: readPrompts, fieldsOf }, divide);
  const [train, valid] = [new Prompts(division.train, needs), new Prompts(division.valid, needs)];
  const dropped = train.dropped + valid.dropped;
  if (dropped > 0) observer.dropped(dropped, plan.context);
  if (train.examples.length > 0) {
    const [first] = train.examples;
    const samplePrompt = first && { text: first.text, ids: first.prompt };
    return { ...exampleData(train, valid, needs), samplePrompt };
  }
  const found = train.dropped > 0 ? `all take ${plan.context} tokens or more` : "no prompts to train on";
  throw new GptError("invalid-file", `${division.train[0]?.place ?? "the data"}: ${found}`);
}

/** Prompts as token ids, with their totals. */
class Prompts implements ExampleList {
  readonly examples: PromptExample[] = [];
  readonly truncated = 0;
  tokens = 0;
  bytes = 0;
  dropped = 0;

  constructor(prompts: readonly GivenPrompt[], { tokenizer, dialogues, plan }: ReadNeeds) {
    const reader = new PromptReader(tokenizer, dialogues);
    for (const { prompt: question, fields, place } of prompts) {
      const { ids: prompt, text } = reader.read(question, place);
      if (prompt.length === 0) {
        throw new GptError("invalid-file", `${place}: the prompt is empty, and no token begins a text`);
      }
      if (prompt.length >= plan.context) {
        this.dropped++;
        continue;
      }
      this.examples.push({ prompt, question, text, fields });
      this.tokens += prompt.length;
      this.bytes += Buffer.byteLength(text);
    }
  }
}
