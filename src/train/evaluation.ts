/** Loss of a model in training on examples that it does not learn from. */

import type { Session } from "../engine/session.ts";
import type { Outcome } from "../evaluate/classification-report.ts";
import { predict, predictionOf } from "../library/prediction.ts";
import type { Sequence } from "./examples.ts";
import type { HeadRows } from "./step/head-rows.ts";
import type { Metrics } from "./step/metrics.ts";

export interface Evaluation {
  /** Mean cross-entropy in nats, of the targets or of the examples' classes; else the objective's loss. */
  readonly loss: number;
  /** Number of the targets, classes or examples. */
  readonly targets: number;
  /** Of a classifier: label and prediction of each example. */
  readonly outcomes?: readonly Outcome[];
  /** Figures of an objective that has some beside its loss. */
  readonly metrics?: Metrics;
}

/**
 * Evaluates a classifier text by text, as `gpt classify` runs it.
 *
 * @param session closed afterwards
 * @param labels names of the classes
 */
export async function evaluateClasses(
  session: Session,
  sequences: readonly Sequence[],
  labels: readonly string[],
  signal: AbortSignal | undefined,
): Promise<Evaluation> {
  const outcomes: Outcome[] = [];
  let sum = 0;
  try {
    for (const { inputs, label = 0 } of sequences) {
      const { label: predicted, logprobs } = await predict(session, inputs, signal);
      sum -= logprobs[label] ?? 0;
      outcomes.push({ label: labels[label] ?? "", predicted: labels[predicted] ?? "" });
    }
  } finally {
    await session.close();
  }
  return { loss: sum / outcomes.length, targets: outcomes.length, outcomes };
}

/**
 * Evaluates an encoder's classifier, whose texts go through the model together.
 *
 * @param measure calls `read` with the outputs of the texts' rows, group by group
 * @param rowsOf number of the rows of a text, of which the first decides
 */
export async function evaluateEncoder(
  measure: (read: (rows: HeadRows, group: readonly Sequence[]) => Promise<number>) => Promise<number>,
  sequences: readonly Sequence[],
  labels: readonly string[],
  rowsOf: (text: Sequence) => number,
): Promise<Evaluation> {
  const outcomes: Outcome[] = [];
  const sum = await measure(async (rows, group) => {
    const outputs: Float32Array[] = [];
    await rows.read((chunk) => {
      for (const row of rows.rowsOf(chunk)) outputs.push(row);
    });
    let [first, loss] = [0, 0];
    for (const text of group) {
      const { label = 0 } = text;
      const scores = outputs[first] as Float32Array;
      const { label: predicted, logprobs } = predictionOf(scores, false);
      loss -= logprobs[label] ?? 0;
      outcomes.push({ label: labels[label] ?? "", predicted: labels[predicted] ?? "" });
      first += rowsOf(text);
    }
    return loss;
  });
  return { loss: sum / sequences.length, targets: sequences.length, outcomes };
}
