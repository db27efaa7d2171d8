/** Data of a classifier's run: texts with labels -> batches of them. */
import { classesOf, holdOutOfEach, type LabelledText, readLabelledTexts } from "../../../data/index.ts";
import { GptError } from "../../../errors.ts";
import { quote } from "../../../files/quote.ts";
import type { ClassExample } from "../../examples.ts";
import type { TrainPlan } from "../plan.ts";
import type { RunDirectory } from "../run-directory.ts";
import type { DataSet } from "./data-set.ts";
import { type ExampleList, exampleData } from "./example-data.ts";
import { type Division, keptDivision, recordsOf } from "./kept-examples.ts";
import type { DataSources, ReadNeeds } from "./needs.ts";

/**
 * Reads the texts of a run into memory: those of its directory if the run is resumed, else those of the
 * sources.
 */
export async function labelledData(directory: RunDirectory, needs: ReadNeeds): Promise<DataSet> {
  const { plan, sources } = needs;
  const divide = async () => newDivision(await sources(), plan);
  const division = await keptDivision(directory, { read: readLabelledTexts, fieldsOf }, divide);
  const [train, valid] = [new Texts(division.train, needs), new Texts(division.valid, needs)];
  return exampleData(train, valid, needs, classesOf([...train.examples, ...valid.examples]));
}

/** Texts as token ids, with their totals. */
class Texts implements ExampleList {
  readonly examples: ClassExample[] = [];
  tokens = 0;
  bytes = 0;
  truncated = 0;

  constructor(texts: readonly LabelledText[], { read }: ReadNeeds) {
    for (const { text, text_pair: pair, label } of texts) {
      const { ids, typeIds, truncated } = read(text, pair);
      this.examples.push({ ids, label, typeIds: pair === undefined ? undefined : typeIds });
      this.tokens += ids.length;
      this.bytes += Buffer.byteLength(text) + Buffer.byteLength(pair ?? "");
      this.truncated += Number(truncated);
    }
  }
}

/** What the directory of a run keeps of a text. */
const fieldsOf = ({ text, text_pair, label }: LabelledText): object => ({ text, text_pair, label });

async function newDivision(
  sources: DataSources,
  { validFraction: fraction, seed }: TrainPlan,
): Promise<Division<LabelledText>> {
  const texts = await recordsOf(readLabelledTexts, sources.train);
  const labels = classesOf(texts);
  if (labels.length < 2) {
    const found = labels[0] === undefined ? "no texts" : `the label ${quote(labels[0])} alone`;
    const problem = `${sources.train[0]?.name}: ${found}: a classifier needs two classes`;
    throw new GptError("invalid-file", problem);
  }
  const given = await recordsOf(readLabelledTexts, sources.valid);
  const stray = given.find(({ label }) => !labels.includes(label));
  if (stray !== undefined) {
    const problem = `the label ${quote(stray.label)} is of no text that is trained on`;
    throw new GptError("invalid-file", `${stray.place}: ${problem}`);
  }
  const { train, valid } = holdOutOfEach(texts, { fraction, seed });
  return { train, valid: [...valid, ...given] };
}
