/** Metrics of one generated answer, and the filters that take an answer out of a text. */
import { answerF1, exactMatch } from "../metrics/answers.ts";
import { sentenceScore } from "../metrics/metric.ts";
import { createRouge } from "../metrics/rouge/rouge.ts";
import type { Filter, Generation, MetricName } from "../task/definition.ts";

/** What a filter says of a text without an answer. */
const INVALID = "[invalid]";

/** The text up to the first stop, each in turn. */
export const cutAt = (text: string, until: readonly string[]): string =>
  until.reduce((kept, stop) => kept.split(stop, 1).join(), text);

export function answerIn(text: string, { pattern, match = "first" }: Filter): string {
  if (pattern === undefined) return text;
  const found = [...text.matchAll(new RegExp(pattern, "g"))].at(match === "first" ? 0 : -1);
  if (found === undefined) return INVALID;
  return (found.slice(1).find((group) => group) ?? found[0]).trim();
}

type Value = (answer: string, target: string, generation: Generation) => number;

/** Equality after the substitutions of the task. */
const equal: Value = (answer, target, { ignore = [], ignoreCase, ignorePunctuation }) => {
  const normal = (text: string) => {
    let kept = ignore.reduce((rest, pattern) => rest.replace(new RegExp(pattern, "g"), ""), text);
    if (ignoreCase) kept = kept.toLowerCase();
    if (ignorePunctuation) kept = kept.replace(/[!-/:-@[-`{-~]/g, "");
    return kept;
  };
  return Number(normal(answer) === normal(target));
};

const rouge = (kind: "rouge1" | "rouge2" | "rougeL"): Value => {
  const metric = createRouge(kind);
  return (answer, target) => sentenceScore(metric, answer, [target]).score;
};

export const textMetrics: Readonly<Partial<Record<MetricName, Value>>> = {
  exact_match: equal,
  answer_em: (answer, target) => exactMatch(answer, [target]),
  answer_f1: (answer, target) => answerF1(answer, [target]),
  rouge1: rouge("rouge1"),
  rouge2: rouge("rouge2"),
  rougeL: rouge("rougeL"),
};
