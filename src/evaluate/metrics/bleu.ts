/**
 * BLEU (Papineni et al. 2002, "BLEU: a Method for Automatic Evaluation of Machine Translation"), as sacreBLEU
 * computes it (Post 2018, "A Call for Clarity in Reporting BLEU Scores").
 *
 *   BLEU = BP exp(mean over n = 1..N of ln p_n)      p_n = 100 matched n-grams / n-grams of the hypotheses
 *   BP = exp(1 - r/c) if the hypotheses have fewer words, c, than the references, r; else 1
 */
import { fixed } from "./fixed.ts";
import type { Metric, Score } from "./metric.ts";
import { type MetricTokenizer, metricTokenizers } from "./tokenizers/table.ts";
import { overlap, splitWords, trimmedEnd, wordNgrams } from "./words.ts";

/**
 * What stands for the precision of an order without a match (Chen and Cherry 2014): `exp` halves a precision
 * of 1/total with each such order, `floor` counts 0.1 matches, `add-k` adds to all orders but the first.
 */
export type Smoothing = "exp" | "floor" | "add-k" | "none";

export interface BleuOptions {
  /** Default 13a. */
  readonly tokenize?: MetricTokenizer | undefined;
  readonly lowercase?: boolean | undefined;
  /** Default exp. */
  readonly smooth?: Smoothing | undefined;
  /** Of `floor`, default 0.1, and of `add-k`, default 1. */
  readonly smoothValue?: number | undefined;
  /** Only orders that the hypotheses have count. For single sentences. */
  readonly effectiveOrder?: boolean | undefined;
  /** The longest n-grams. Default 4. */
  readonly maxOrder?: number | undefined;
}

export interface BleuScore extends Score {
  /** Matched n-grams, and n-grams of the hypotheses, by order. */
  readonly counts: readonly number[];
  readonly totals: readonly number[];
  /** In percent. */
  readonly precisions: readonly number[];
  readonly brevityPenalty: number;
  /** Words. */
  readonly hypothesisLength: number;
  readonly referenceLength: number;
}

const DEFAULT_VALUES: Readonly<Record<Smoothing, number | undefined>> = {
  exp: undefined,
  floor: 0.1,
  "add-k": 1,
  none: undefined,
};

export function createBleu(options: BleuOptions = {}): Metric<BleuScore> {
  const {
    tokenize = "13a",
    lowercase = false,
    smooth = "exp",
    effectiveOrder = false,
    maxOrder = 4,
  } = options;
  const smoothValue = options.smoothValue ?? DEFAULT_VALUES[smooth] ?? 0;
  const hasValue = DEFAULT_VALUES[smooth] !== undefined;
  const tokenizer = metricTokenizers[tokenize];
  const wordsOf = (text: string): string[] =>
    splitWords(tokenizer(trimmedEnd(lowercase ? text.toLowerCase() : text)));
  return {
    name: "BLEU",
    decimals: 1,
    higherIsBetter: true,
    settings: [
      { name: "case", short: "c", value: lowercase ? "lc" : "mixed" },
      { name: "eff", short: "e", value: effectiveOrder ? "yes" : "no" },
      { name: "tok", short: "tok", value: tokenize },
      { name: "smooth", short: "s", value: hasValue ? `${smooth}[${fixed(smoothValue, 2)}]` : smooth },
    ],
    statistics: (hypothesis, references) => counts(wordsOf(hypothesis), references.map(wordsOf), maxOrder),
    score: (sums) => scored(sums, { smooth, smoothValue, effectiveOrder, maxOrder }),
  };
}

/** [words of the hypothesis, of the closest reference, matches of each order, n-grams of each order] */
function counts(
  words: readonly string[],
  references: readonly (readonly string[])[],
  maxOrder: number,
): number[] {
  const orders = Array.from({ length: maxOrder }, (_, i) => i + 1);
  const matches = orders.map((order) =>
    overlap(wordNgrams(words, order), mostOf(references.map((reference) => wordNgrams(reference, order)))),
  );
  const totals = orders.map((order) => Math.max(0, words.length - order + 1));
  const lengths = references.map((reference) => reference.length);
  return [words.length, closest(words.length, lengths), ...matches, ...totals];
}

/** How often each n-gram occurs in the reference that has it most often. */
function mostOf(references: readonly ReadonlyMap<string, number>[]): ReadonlyMap<string, number> {
  const [first = new Map<string, number>(), ...others] = references;
  if (others.length === 0) return first;
  const most = new Map(first);
  for (const other of others) {
    for (const [ngram, times] of other) most.set(ngram, Math.max(times, most.get(ngram) ?? 0));
  }
  return most;
}

/** The length closest to that of the hypothesis, the shorter one of two. */
function closest(length: number, lengths: readonly number[]): number {
  const distance = (other: number) => Math.abs(other - length);
  return lengths.reduce((best, other) => {
    if (distance(other) === distance(best)) return Math.min(best, other);
    return distance(other) < distance(best) ? other : best;
  });
}

/** How precisions become one number. */
interface Averaging {
  readonly smooth: Smoothing;
  readonly smoothValue: number;
  readonly effectiveOrder: boolean;
  readonly maxOrder: number;
}

function scored(
  sums: readonly number[],
  { smooth, smoothValue, effectiveOrder, maxOrder }: Averaging,
): BleuScore {
  const [hypothesisLength = 0, referenceLength = 0] = sums;
  const counts = Array.from({ length: maxOrder }, (_, i) => sums[2 + i] ?? 0);
  const totals = Array.from({ length: maxOrder }, (_, i) => sums[2 + maxOrder + i] ?? 0);
  const precisions = new Array<number>(maxOrder).fill(0);
  const brevityPenalty = brevity(hypothesisLength, referenceLength);
  let [order, missing] = [maxOrder, 0];
  const matched = counts.some((count) => count > 0);
  for (let i = 0; matched && i < maxOrder; i++) {
    if (smooth === "add-k" && i > 0) {
      counts[i] = (counts[i] as number) + smoothValue;
      totals[i] = (totals[i] as number) + smoothValue;
    }
    const [count, total] = [counts[i] as number, totals[i] as number];
    if (total === 0) break;
    if (effectiveOrder) order = i + 1;
    if (count > 0) precisions[i] = (100 * count) / total;
    else if (smooth === "exp") precisions[i] = 100 / (2 ** ++missing * total);
    else if (smooth === "floor") precisions[i] = (100 * smoothValue) / total;
  }
  const logarithms = precisions.slice(0, order).reduce((sum, precision) => sum + logarithm(precision), 0);
  const score = matched ? brevityPenalty * Math.exp(logarithms / order) : 0;
  const parts = { counts, totals, precisions, brevityPenalty, hypothesisLength, referenceLength };
  return { score, ...parts, detail: detailOf(parts) };
}

const brevity = (length: number, reference: number): number => {
  if (length >= reference) return 1;
  return length > 0 ? Math.exp(1 - reference / length) : 0;
};

/** A precision of 0 makes the score 0. */
const logarithm = (precision: number): number => (precision === 0 ? -9999999999 : Math.log(precision));

function detailOf(parts: Omit<BleuScore, "score" | "detail">): string {
  const { precisions, brevityPenalty, hypothesisLength, referenceLength } = parts;
  const ratio = referenceLength === 0 ? 0 : hypothesisLength / referenceLength;
  const lengths = `hyp_len = ${hypothesisLength} ref_len = ${referenceLength}`;
  const shares = precisions.map((precision) => fixed(precision, 1)).join("/");
  return `${shares} (BP = ${fixed(brevityPenalty, 3)} ratio = ${fixed(ratio, 3)} ${lengths})`;
}
