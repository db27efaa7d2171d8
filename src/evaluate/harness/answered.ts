/** Questions with a model's answers. */

import type { Question } from "./prompts.ts";
import type { Likelihood } from "./score-requests.ts";

/** A question whose choices have log-likelihoods. */
export interface Chosen {
  readonly kind: "choice";
  readonly question: Question;
  /** Of each choice. */
  readonly likelihoods: readonly Likelihood[];
  /** Of each choice without a context, where a metric asks for it. */
  readonly unconditional?: readonly number[] | undefined;
  /** Numbers of tokens: [context, continuation] of each choice. */
  readonly tokens: readonly (readonly [number, number])[];
}

/** A question that a text was generated for. */
export interface Written {
  readonly kind: "text";
  readonly question: Question;
  readonly text: string;
}

export type Answered = Chosen | Written;

/** An answer without its question, or why there is none, as a file keeps it. */
export type Recorded = Omit<Chosen, "question"> | Omit<Written, "question"> | { readonly problem: string };

export function recorded(found: Answered | string): Recorded {
  if (typeof found === "string") return { problem: found };
  const { question: _, ...answer } = found;
  return answer;
}

export const answerTo = (question: Question, record: Recorded): Answered | string =>
  "problem" in record ? record.problem : { ...record, question };

/** Place of the largest number, the first of equal ones. */
export const largest = (values: readonly number[]): number =>
  values.reduce((best, value, i) => (value > (values[best] as number) ? i : best), 0);

export const predictionOf = ({ likelihoods }: Chosen): number => largest(likelihoods.map(({ sum }) => sum));
