/** Data of an encoder-decoder's run: texts to read with texts to write -> batches of both. */
import { holdOut, readTextPairs, type TextPair } from "../../../data/index.ts";
import { GptError } from "../../../errors.ts";
import type { SourceExample } from "../../examples.ts";
import type { TrainPlan } from "../plan.ts";
import type { RunDirectory } from "../run-directory.ts";
import type { DataSet } from "./data-set.ts";
import { type ExampleList, exampleData } from "./example-data.ts";
import { type Division, keptDivision, recordsOf } from "./kept-examples.ts";
import type { DataSources, ReadNeeds } from "./needs.ts";

/**
 * Reads the pairs of a run into memory. Inputs and targets have the special tokens around them that the
 * tokenizer gives a text; so a target ends with the token that ends what the model writes.
 */
export async function pairData(directory: RunDirectory, needs: ReadNeeds): Promise<DataSet> {
  const { plan, sources } = needs;
  const divide = async () => newDivision(await sources(), plan);
  const division = await keptDivision(directory, { read: readTextPairs, fieldsOf: (pair) => pair }, divide);
  const [train, valid] = [new Pairs(division.train, needs), new Pairs(division.valid, needs)];
  return exampleData(train, valid, needs);
}

/** Pairs as token ids, with their totals. */
class Pairs implements ExampleList {
  readonly examples: SourceExample[] = [];
  tokens = 0;
  bytes = 0;
  truncated = 0;

  constructor(pairs: readonly TextPair[], { read }: ReadNeeds) {
    for (const { input, target } of pairs) {
      const [source, written] = [read(input), read(target)];
      this.examples.push({ source: source.ids, ids: written.ids });
      this.tokens += source.ids.length + written.ids.length;
      this.bytes += Buffer.byteLength(input) + Buffer.byteLength(target);
      this.truncated += Number(source.truncated) + Number(written.truncated);
    }
  }
}

async function newDivision(
  sources: DataSources,
  { validFraction, seed }: TrainPlan,
): Promise<Division<TextPair>> {
  const pairs = await recordsOf(readTextPairs, sources.train);
  if (pairs.length === 0)
    throw new GptError("invalid-file", `${sources.train[0]?.name}: no pairs to train on`);
  const isHeldOut = holdOut(validFraction, seed);
  const [train, valid]: [TextPair[], TextPair[]] = [[], []];
  for (const pair of pairs) (isHeldOut() ? valid : train).push(pair);
  return { train, valid: [...valid, ...(await recordsOf(readTextPairs, sources.valid))] };
}
