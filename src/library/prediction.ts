/** The class of a sequence of tokens, by the scores of a classifier's head. */

import type { Session } from "../engine/session.ts";
import { exp, log } from "../generate/sampling/exp.ts";
import { logSoftmax } from "../generate/sampling/logprobs.ts";
import type { HeadConfig } from "../model/head-config.ts";

export interface Prediction {
  /** Number of the likeliest class, the lower one of equals. */
  readonly label: number;
  /** The natural logarithm of the probability of each class. */
  readonly logprobs: readonly number[];
}

/**
 * By the scores after the last token.
 *
 * @param session an empty session of a classifier. It is empty again afterwards
 * @throws as `append`, and GptError `invalid-file` for scores that are no numbers
 */
export async function predict(
  session: Pick<Session, "append" | "truncate" | "config">,
  ids: readonly number[],
  signal?: AbortSignal,
): Promise<Prediction> {
  const scores = await session.append(ids, { signal });
  session.truncate(0);
  return predictionOf(scores, isIndependent(session.config.head));
}

/** Whether each class has a probability of its own. */
export const isIndependent = (head: HeadConfig): boolean => head.kind === "classes" && head.independent;

/** @throws GptError `invalid-file` for scores that are no numbers */
export function predictionOf(scores: Float32Array, independent: boolean): Prediction {
  const logprob = logSoftmax(scores);
  const logprobs = Array.from(scores, (score, label) => (independent ? logSigmoid(score) : logprob(label)));
  return { label: scores.indexOf(scores.reduce((a, b) => Math.max(a, b))), logprobs };
}

/** log(1 / (1 + e^-x)), without overflow. */
const logSigmoid = (x: number): number => Math.min(x, 0) - log(1 + exp(-Math.abs(x)));
