/** The class of a sequence of tokens, by the scores of a classifier's head after the last one. */

import type { Session } from "../engine/session.ts";
import { logSoftmax } from "../generate/sampling/logprobs.ts";

export interface Prediction {
  /** Number of the likeliest class, the lower one of equals. */
  readonly label: number;
  /** The natural logarithm of the probability of each class. */
  readonly logprobs: readonly number[];
}

/**
 * @param session an empty session of a classifier. It is empty again afterwards
 * @throws as `append`, and GptError `invalid-file` for scores that are no numbers
 */
export async function predict(
  session: Pick<Session, "append" | "truncate">,
  ids: readonly number[],
  signal?: AbortSignal,
): Promise<Prediction> {
  const scores = await session.append(ids, { signal });
  session.truncate(0);
  const logprob = logSoftmax(scores);
  const logprobs = Array.from(scores, (_, label) => logprob(label));
  return { label: scores.indexOf(scores.reduce((a, b) => Math.max(a, b))), logprobs };
}
