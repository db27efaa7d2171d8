/** Data of an encoder-decoder's run: texts to read with texts to write -> batches of both. */
import { holdOut, readTextPairs, type TextPair } from "../../../data/index.ts";
import { GptError } from "../../../errors.ts";
import type { SourceExample } from "../../examples.ts";
import type { TrainPlan } from "../plan.ts";
import type { RunDirectory } from "../run-directory.ts";
import type { DataSet } from "./data-set.ts";
import { batchOf, type Division, keptDivision, recordsOf, validationOf } from "./kept-examples.ts";
import type { DataSources, ReadNeeds } from "./needs.ts";

/**
 * Reads the pairs of a run into memory. Inputs and targets have the special tokens around them that the
 * tokenizer gives a text; so a target ends with the token that ends what the model writes.
 */
export async function pairData(directory: RunDirectory, needs: ReadNeeds): Promise<DataSet> {
  const { plan, sources, observer } = needs;
  const divide = async () => newDivision(await sources(), plan);
  const division = await keptDivision(directory, { read: readTextPairs, fieldsOf: (pair) => pair }, divide);
  const [train, valid] = [new Pairs(division.train, needs), new Pairs(division.valid, needs)];
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
    labels: undefined,
    facts: {
      tokens: train.tokens,
      textBytes: train.bytes,
      validationTokens: valid.tokens,
      validationBytes: valid.bytes,
    },
    [Symbol.asyncDispose]: async () => {},
  };
}

/** Pairs as token ids, with their totals. */
class Pairs {
  readonly examples: SourceExample[] = [];
  tokens = 0;
  bytes = 0;
  /** Texts of which the end is not read. */
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
