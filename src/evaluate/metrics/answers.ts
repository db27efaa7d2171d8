/**
 * Exact match and F1 of answers, as the scripts of SQuAD 1.1 and 2.0 define them (Rajpurkar et al. 2016,
 * 2018). Case, ASCII punctuation, articles and white space do not count.
 */
import type { Metric } from "./metric.ts";
import { ratio } from "./metric.ts";
import { overlap, splitWords, tally } from "./words.ts";

/** Letters and digits of all scripts are parts of words, as Python's \b has it. */
const ARTICLES = /(?<![\p{L}\p{N}_])(?:a|an|the)(?![\p{L}\p{N}_])/gu;

export const normalizeAnswer = (text: string): string =>
  splitWords(
    text
      .toLowerCase()
      .replace(/[!-/:-@[-`{-~]/g, "")
      .replace(ARTICLES, " "),
  ).join(" ");

/** 1 if the prediction is one of the right answers, else 0. */
export const exactMatch = (prediction: string, golds: readonly string[]): number =>
  bestOver(prediction, golds, (a, b) => Number(a === b));

/** The F1 of the words, from 0 to 1, against the right answer that fits best. */
export const answerF1 = (prediction: string, golds: readonly string[]): number =>
  bestOver(prediction, golds, wordF1);

/** Right answers of which nothing is left count only if all are such: then no answer is right. */
function bestOver(
  prediction: string,
  golds: readonly string[],
  compare: (prediction: string, gold: string) => number,
): number {
  const normalized = golds.map(normalizeAnswer).filter((gold) => gold !== "");
  const right = normalized.length > 0 ? normalized : [""];
  return Math.max(...right.map((gold) => compare(normalizeAnswer(prediction), gold)));
}

function wordF1(prediction: string, gold: string): number {
  const [predicted, right] = [splitWords(prediction), splitWords(gold)];
  if (predicted.length === 0 || right.length === 0) return Number(predicted.length === right.length);
  return ratio(2 * overlap(tally(predicted), tally(right)), predicted.length + right.length);
}

/** Means over the segments, in percent. */
const meanOf = (name: string, compare: (prediction: string, golds: readonly string[]) => number): Metric => ({
  name,
  decimals: 1,
  higherIsBetter: true,
  settings: [],
  statistics: (hypothesis, references) => [compare(hypothesis, references), 1],
  score: ([sum = 0, count = 0]) => ({ score: 100 * ratio(sum, count) }),
});

export const createExactMatch = (): Metric => meanOf("exact", exactMatch);
export const createAnswerF1 = (): Metric => meanOf("f1", answerF1);
