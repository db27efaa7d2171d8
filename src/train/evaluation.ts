/** How well a model in training does on examples that it does not learn from. */

import type { Session } from "../engine/session.ts";
import type { Outcome } from "../evaluate/classification-report.ts";
import { predict } from "../library/prediction.ts";
import type { Sequence } from "./examples.ts";

export interface Evaluation {
  /** Mean cross-entropy of the predicted ids, or of the examples' classes, in nats. */
  readonly loss: number;
  /** How many they are. */
  readonly targets: number;
  /** Of a classifier: what each example was taken for. */
  readonly outcomes?: readonly Outcome[];
}

/**
 * Of a classifier, as `gpt classify` runs it: text by text.
 *
 * @param session closed afterwards
 * @param labels the names of the classes
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
