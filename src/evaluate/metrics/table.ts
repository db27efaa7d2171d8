/** The metrics by the names that `gpt score` and tasks give them. */
import { createAnswerF1, createExactMatch } from "./answers.ts";
import { type BleuOptions, createBleu } from "./bleu.ts";
import { type ChrfOptions, createChrf } from "./chrf.ts";
import type { Metric } from "./metric.ts";
import { createRouge, type RougeOptions } from "./rouge/rouge.ts";
import { createTer, type TerOptions } from "./ter/ter.ts";
import { createCharacterError, createWordError } from "./word-error.ts";

export type MetricOptions = BleuOptions & ChrfOptions & TerOptions & RougeOptions;

type Create = (options: MetricOptions) => Metric;

/** Each takes its own options and leaves the others. */
const creators = {
  bleu: [createBleu],
  chrf: [createChrf],
  "chrf++": [(options) => createChrf({ ...options, wordOrder: options.wordOrder ?? 2 })],
  ter: [createTer],
  rouge: (["rouge1", "rouge2", "rougeL", "rougeLsum"] as const).map(
    (kind) => (options: MetricOptions) => createRouge(kind, options),
  ),
  rouge1: [(options) => createRouge("rouge1", options)],
  rouge2: [(options) => createRouge("rouge2", options)],
  rougeL: [(options) => createRouge("rougeL", options)],
  rougeLsum: [(options) => createRouge("rougeLsum", options)],
  exact: [createExactMatch],
  f1: [createAnswerF1],
  wer: [createWordError],
  cer: [createCharacterError],
} as const satisfies Readonly<Record<string, readonly Create[]>>;

export type MetricName = keyof typeof creators;

export const metricNames = Object.keys(creators) as readonly MetricName[];

/** `rouge` is four metrics, every other name one. */
export const createMetrics = (name: MetricName, options: MetricOptions = {}): Metric[] =>
  creators[name].map((create: Create) => create(options));
