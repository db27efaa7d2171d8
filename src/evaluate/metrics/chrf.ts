/**
 * chrF (Popović 2015, "chrF: character n-gram F-score for automatic MT evaluation") and chrF++ (2017), with
 * n-grams of words too, as sacreBLEU computes them.
 *
 *   F = (1 + b²) P R / (b² P + R)      P, R: means over the orders of precision and recall of n-grams
 */
import type { Metric, Score } from "./metric.ts";
import { characterNgrams, overlap, splitWords, withoutSpaces, wordNgrams } from "./words.ts";

export interface ChrfOptions {
  /** The longest n-grams of characters. Default 6. */
  readonly charOrder?: number | undefined;
  /** The longest n-grams of words. Default 0; 2 for chrF++. */
  readonly wordOrder?: number | undefined;
  /** Weight of the recall, b. Default 2. */
  readonly beta?: number | undefined;
  readonly lowercase?: boolean | undefined;
  /** White space counts among the characters. */
  readonly whitespace?: boolean | undefined;
  /** The mean over all orders of their F, as in chrF++.py, NLTK and Moses; not only those with n-grams. */
  readonly epsSmoothing?: boolean | undefined;
}

const EPSILON = 1e-16;

export function createChrf(options: ChrfOptions = {}): Metric {
  const { charOrder = 6, wordOrder = 0, beta = 2, lowercase = false } = options;
  const { whitespace = false, epsSmoothing = false } = options;
  const ngramsOf = (given: string): ReadonlyMap<string, number>[] => {
    const text = lowercase ? given.toLowerCase() : given;
    const [characters, words] = [whitespace ? text : withoutSpaces(text), splitPunctuation(text)];
    return [
      ...Array.from({ length: charOrder }, (_, i) => characterNgrams(characters, i + 1)),
      ...Array.from({ length: wordOrder }, (_, i) => wordNgrams(words, i + 1)),
    ];
  };
  const fScore = (sums: readonly number[]) => (epsSmoothing ? meanOfScores : scoreOfMeans)(sums, beta ** 2);
  return {
    name: `chrF${beta}${"+".repeat(wordOrder)}`,
    decimals: 1,
    higherIsBetter: true,
    settings: [
      { name: "case", short: "c", value: lowercase ? "lc" : "mixed" },
      { name: "eff", short: "e", value: epsSmoothing ? "no" : "yes" },
      { name: "nc", short: "nc", value: String(charOrder) },
      { name: "nw", short: "nw", value: String(wordOrder) },
      { name: "space", short: "s", value: whitespace ? "yes" : "no" },
    ],
    statistics(hypothesis, references) {
      const ngrams = ngramsOf(hypothesis);
      return best(
        references.map((reference) => counts(ngrams, ngramsOf(reference))),
        fScore,
      );
    },
    score: (sums): Score => ({ score: fScore(sums) }),
  };
}

/** Splits one ASCII punctuation mark from each word: the last character, else the first. */
const splitPunctuation = (text: string): string[] =>
  splitWords(text).flatMap((word) => {
    if ([...word].length === 1) return [word];
    if (isPunctuation(word.at(-1))) return [word.slice(0, -1), word.slice(-1)];
    return isPunctuation(word[0]) ? [word.slice(0, 1), word.slice(1)] : [word];
  });

const isPunctuation = (character = ""): boolean => /[!-/:-@[-`{-~]/.test(character);

/** [n-grams of the hypothesis, of the reference, in both] of each order. */
const counts = (
  hypothesis: readonly ReadonlyMap<string, number>[],
  reference: readonly ReadonlyMap<string, number>[],
): number[] =>
  hypothesis.flatMap((ngrams, i) => {
    const others = reference[i] as ReadonlyMap<string, number>;
    return [others.size > 0 ? total(ngrams) : 0, total(others), overlap(ngrams, others)];
  });

const total = (ngrams: ReadonlyMap<string, number>): number => {
  let sum = 0;
  for (const times of ngrams.values()) sum += times;
  return sum;
};

/** The first of the rows with the largest score. */
const best = (rows: readonly number[][], fScore: (row: readonly number[]) => number): readonly number[] =>
  rows.reduce((most, row) => (fScore(row) > fScore(most) ? row : most));

/** F of the mean precision and the mean recall of the orders that both sides have. */
function scoreOfMeans(sums: readonly number[], factor: number): number {
  let [precision, recall, orders] = [0, 0, 0];
  for (let i = 0; i < sums.length; i += 3) {
    const [ours, theirs, matches] = [sums[i] as number, sums[i + 1] as number, sums[i + 2] as number];
    if (ours === 0 || theirs === 0) continue;
    precision += matches / ours;
    recall += matches / theirs;
    orders++;
  }
  if (precision + recall === 0) return 0;
  [precision, recall] = [precision / orders, recall / orders];
  return (100 * (1 + factor) * precision * recall) / (factor * precision + recall);
}

/** The mean over all orders of F. What an order lacks counts as 1e-16. */
function meanOfScores(sums: readonly number[], factor: number): number {
  let score = 0;
  for (let i = 0; i < sums.length; i += 3) {
    const [ours, theirs, matches] = [sums[i] as number, sums[i + 1] as number, sums[i + 2] as number];
    const precision = ours > 0 ? matches / ours : EPSILON;
    const recall = theirs > 0 ? matches / theirs : EPSILON;
    const divisor = factor * precision + recall;
    score += divisor > 0 ? ((1 + factor) * precision * recall) / divisor : EPSILON;
  }
  return (100 * score) / (sums.length / 3);
}
