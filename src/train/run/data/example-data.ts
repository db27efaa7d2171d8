/** Examples that lie in memory, as the data of a run. */
import type { Example } from "../model-in-training.ts";
import type { DataSet } from "./data-set.ts";
import { batchOf, validationOf } from "./kept-examples.ts";
import type { ReadNeeds } from "./needs.ts";

/** Examples as token ids, with their totals. */
export interface ExampleList {
  readonly examples: readonly Example[];
  readonly tokens: number;
  /** Of the texts in UTF-8. */
  readonly bytes: number;
  /** Texts of which the end is not read. */
  readonly truncated: number;
}

/**
 * Tells the observer how many texts are truncated.
 *
 * @param labels of a classifier's examples
 */
export function exampleData(
  train: ExampleList,
  valid: ExampleList,
  { plan, observer }: ReadNeeds,
  labels?: DataSet["labels"],
): DataSet {
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
    labels,
    facts: {
      tokens: train.tokens,
      textBytes: train.bytes,
      validationTokens: valid.tokens,
      validationBytes: valid.bytes,
    },
    [Symbol.asyncDispose]: async () => {},
  };
}
