/** Scores of texts against right ones, for programs. */
import {
  checkOptions,
  checkValue,
  flag,
  fromZero,
  number,
  oneOf,
  type Rule,
  textRule,
  wholeTo,
} from "../checks/rules.ts";
import { GptError } from "../errors.ts";
import { corpusScore, type Score, type Segment } from "./metrics/metric.ts";
import { referenceCount, signature } from "./metrics/signature.ts";
import { createMetrics, type MetricName, type MetricOptions, metricNames } from "./metrics/table.ts";
import { metricTokenizers } from "./metrics/tokenizers/table.ts";

export interface TextScore extends Score {
  /** Such as chrF2++. */
  readonly name: string;
  /** What others need to compute the same number, as sacreBLEU has it. */
  readonly signature: string;
}

const order = (least: number): Rule => wholeTo(least, 100);

const rules: Readonly<Record<keyof MetricOptions, Rule>> = {
  tokenize: oneOf(...Object.keys(metricTokenizers)),
  lowercase: flag,
  smooth: oneOf("exp", "floor", "add-k", "none"),
  smoothValue: fromZero,
  effectiveOrder: flag,
  maxOrder: order(1),
  charOrder: order(1),
  wordOrder: order(0),
  beta: number("a number above 0", (value) => value > 0),
  whitespace: flag,
  epsSmoothing: flag,
  normalized: flag,
  noPunctuation: flag,
  asian: flag,
  caseSensitive: flag,
  stem: flag,
};

/**
 * The scores of all texts together: four of `rouge`, one of every other metric. BLEU, chrF, TER and answers
 * have scores from 0 to 100, ROUGE and error rates from 0 to 1.
 *
 * @param options of the metric; it leaves those of others
 * @throws GptError `usage` for a wrong name, text or option, and for no texts with a reference
 */
export function scoreTexts(
  metric: MetricName,
  segments: readonly Segment[],
  options: MetricOptions = {},
): TextScore[] {
  checkValue("metric", metric, oneOf(...metricNames));
  for (const { hypothesis, references } of segments) {
    for (const text of [hypothesis, ...references]) checkValue("each text", text, textRule);
  }
  if (segments.every(({ references }) => references.length === 0)) {
    throw new GptError("usage", "no text has a reference: expected at least one");
  }
  return createMetrics(metric, checkOptions(options, rules)).map((created) => ({
    ...corpusScore(created, segments),
    name: created.name,
    signature: signature(created, { references: referenceCount(segments) }),
  }));
}
