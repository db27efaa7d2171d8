/** Data of an encoder-decoder's run: texts to read with texts to write -> batches of both. */
import { holdOut, pairRecord, readTextPairs, type TextPair } from "../../../data/index.ts";
import { GptError } from "../../../errors.ts";
import { inLanguages, targetInLanguage } from "../../../text/translation.ts";
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
  const division = await keptDivision(directory, { read: readTextPairs, fieldsOf: pairRecord }, divide);
  const [train, valid] = [new Pairs(division.train, needs), new Pairs(division.valid, needs)];
  return exampleData(train, valid, needs);
}

/** Pairs as token ids, with their totals. */
class Pairs implements ExampleList {
  readonly examples: SourceExample[] = [];
  tokens = 0;
  bytes = 0;
  truncated = 0;

  constructor(pairs: readonly TextPair[], { read, tokenizer, plan, decoder }: ReadNeeds) {
    if (decoder === undefined) throw new Error("pairs for a model without an encoder");
    for (const { input, target, ...own } of pairs) {
      const languages = {
        sourceLanguage: own.sourceLanguage ?? plan.sourceLanguage,
        targetLanguage: own.targetLanguage ?? plan.targetLanguage,
      };
      const [source, written] = [read(input), read(target)];
      const { startId, forced } = decoder;
      const ids = inLanguages(tokenizer, source.ids, languages, startId);
      const example = {
        source: cutBeforeEnd(ids, plan.context),
        ...targetInLanguage(tokenizer, written.ids, languages, startId, forced),
      };
      this.examples.push(example);
      this.tokens += example.source.length + example.ids.length;
      this.bytes += Buffer.byteLength(input) + Buffer.byteLength(target);
      this.truncated += Number(source.truncated) + Number(written.truncated);
    }
  }
}

/** The tag of a language may be one token too many. */
const cutBeforeEnd = (ids: readonly number[], most: number): readonly number[] =>
  ids.length > most ? [...ids.slice(0, most - 1), ...ids.slice(-1)] : ids;

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
