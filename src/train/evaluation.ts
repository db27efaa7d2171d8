/** Loss of a model in training on examples that it does not learn from. */

import type { Session } from "../engine/session.ts";
import type { Outcome } from "../evaluate/classification-report.ts";
import { predict } from "../library/prediction.ts";
import type { Sequence } from "./examples.ts";

export interface Evaluation {
  /** Mean cross-entropy in nats, of the targets or of the examples' classes. */
  readonly loss: number;
  /** Number of the targets or classes. */
  readonly targets: number;
  /** Of a classifier: label and prediction of each example. */
  readonly outcomes?: readonly Outcome[];
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
