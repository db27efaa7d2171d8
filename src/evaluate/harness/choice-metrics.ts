/**
 * Metrics of one question with choices. A value is 1 for a right answer, but where its name says otherwise.
 */
import { answerF1, exactMatch } from "../metrics/answers.ts";
import type { MetricName, Task } from "../task/definition.ts";
import { valueIn } from "../task/template.ts";
import { type Chosen, largest, predictionOf } from "./answered.ts";

type Value = (chosen: Chosen, task: Task) => number;

const isGold = ({ question }: Chosen, place: number): number => Number(question.item.gold.includes(place));

/** The likeliest choice, each sum divided by a length of the choice. */
const likeliest =
  (length: (choice: string) => number): Value =>
  (chosen) => {
    const { choices } = chosen.question.item;
    const sums = chosen.likelihoods.map(({ sum }, i) => sum / length(choices[i] as string));
    return isGold(chosen, largest(sums));
  };

/** With one choice, whether each of its tokens is the likeliest. */
const accuracy: Value = (chosen, task) =>
  chosen.likelihoods.length === 1 ? Number(chosen.likelihoods[0]?.greedy) : likeliest(() => 1)(chosen, task);

const probabilities = ({ likelihoods }: Chosen): number[] => {
  const most = Math.max(...likelihoods.map(({ sum }) => sum));
  const shares = likelihoods.map(({ sum }) => Math.exp(sum - most));
  const total = shares.reduce((a, b) => a + b);
  return shares.map((share) => share / total);
};

/** The texts that the choices stand for, and the right ones. */
const asText =
  (compare: (prediction: string, golds: readonly string[]) => number): Value =>
  (chosen, { texts }) => {
    const { choices, gold, fields } = chosen.question.item;
    const list = (template: string | undefined) =>
      template === undefined ? undefined : (valueIn(template, fields) as readonly string[]);
    const named = list(texts?.choices) ?? choices;
    const golds = list(texts?.golds) ?? gold.map((i) => choices[i] as string);
    return compare(named[predictionOf(chosen)] as string, golds);
  };

export const choiceMetrics: Readonly<Partial<Record<MetricName, Value>>> = {
  acc: accuracy,
  // Characters are code points, as Python counts them.
  acc_norm: likeliest((choice) => [...choice].length),
  acc_bytes: likeliest((choice) => Buffer.byteLength(choice)),
  acc_mutual_info: (chosen) => {
    const gains = chosen.likelihoods.map(({ sum }, i) => sum - (chosen.unconditional?.[i] ?? 0));
    return isGold(chosen, largest(gains));
  },
  exact_match: ({ question, likelihoods }) =>
    Number(question.item.gold.some((place) => likelihoods[place]?.greedy)),
  brier_score: (chosen) =>
    probabilities(chosen).reduce((sum, share, i) => sum + (share - isGold(chosen, i)) ** 2, 0),
  mc2: (chosen) => probabilities(chosen).reduce((sum, share, i) => sum + share * isGold(chosen, i), 0),
  answer_em: asText(exactMatch),
  answer_f1: asText(answerF1),
  likelihood_diff: ({ likelihoods: [first, second] }) => Math.abs((first?.sum ?? 0) - (second?.sum ?? 0)),
  pct_stereotype: ({ likelihoods: [first, second] }) => Number((first?.sum ?? 0) > (second?.sum ?? 0)),
  /** The log-likelihood itself. */
  perplexity: ({ likelihoods }) => likelihoods[0]?.sum ?? 0,
};
