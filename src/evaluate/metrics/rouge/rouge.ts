/**
 * ROUGE (Lin 2004, "ROUGE: A Package for Automatic Evaluation of Summaries"), as Google's rouge_score
 * computes it: precision, recall and F1 of n-grams (rouge1, rouge2 ..), of the longest common subsequence
 * (rougeL), and of the union of those of each sentence (rougeLsum), whose sentences stand in lines of their
 * own.
 */
import { fixed } from "../fixed.ts";
import { type Metric, ratio, type Score } from "../metric.ts";
import { overlap, tally, wordNgrams } from "../words.ts";
import { commonPlaces } from "./common-subsequence.ts";
import { porterStem } from "./porter.ts";

export type RougeKind = `rouge${1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9}` | "rougeL" | "rougeLsum";

export interface RougeOptions {
  /** Words of more than three letters are stemmed. */
  readonly stem?: boolean | undefined;
}

/** From 0 to 1. The score is F1. */
export interface RougeScore extends Score {
  readonly precision: number;
  readonly recall: number;
}

/** [precision, recall, F1] */
type Triple = readonly [number, number, number];

/** The score of a corpus is the mean of its segments'. */
export function createRouge(kind: RougeKind, { stem = false }: RougeOptions = {}): Metric<RougeScore> {
  const compare = comparisons[kind] ?? ngrams(Number(kind.slice("rouge".length)));
  const wordsOf = (text: string) => tokenize(text, stem);
  return {
    name: kind,
    decimals: 4,
    higherIsBetter: true,
    settings: [{ name: "stem", short: "s", value: stem ? "yes" : "no" }],
    statistics: (hypothesis, references) => [
      ...best(references.map((reference) => compare(hypothesis, reference, wordsOf))),
      1,
    ],
    score([precision = 0, recall = 0, f1 = 0, count = 0]) {
      const mean = (sum: number) => ratio(sum, count);
      const shares = { precision: mean(precision), recall: mean(recall) };
      const detail = `(P = ${fixed(shares.precision, 4)} R = ${fixed(shares.recall, 4)})`;
      return { score: mean(f1), ...shares, detail };
    },
  };
}

/** The last of the triples with the largest F1. */
const best = (triples: readonly Triple[]): Triple =>
  triples.reduce((most, triple) => (triple[2] >= most[2] ? triple : most));

/** Words of ASCII letters and digits in lower case; every other character separates words. */
const tokenize = (text: string, stem: boolean): string[] =>
  (text.toLowerCase().match(/[a-z0-9]+/g) ?? []).map((word) =>
    stem && word.length > 3 ? porterStem(word) : word,
  );

type Compare = (hypothesis: string, reference: string, wordsOf: (text: string) => string[]) => Triple;

const ngrams =
  (order: number): Compare =>
  (hypothesis, reference, wordsOf) => {
    const [words, others] = [wordsOf(hypothesis), wordsOf(reference)];
    const matches = overlap(wordNgrams(words, order), wordNgrams(others, order));
    return shares(matches, words.length - order + 1, others.length - order + 1);
  };

const comparisons: Readonly<Partial<Record<RougeKind, Compare>>> = {
  rougeL(hypothesis, reference, wordsOf) {
    const [words, others] = [wordsOf(hypothesis), wordsOf(reference)];
    return shares(commonPlaces(others, words).length, words.length, others.length);
  },
  rougeLsum(hypothesis, reference, wordsOf) {
    const sentences = (text: string) => text.split("\n").map(wordsOf);
    return unionShares(sentences(hypothesis), sentences(reference));
  },
};

/** Each word of a sentence's union counts while both sides have one of it left. */
function unionShares(hypothesis: readonly string[][], reference: readonly string[][]): Triple {
  const [words, others] = [hypothesis.flat(), reference.flat()];
  const [left, othersLeft] = [tally(words), tally(others)];
  let hits = 0;
  for (const sentence of reference) {
    const places = new Set(hypothesis.flatMap((words) => commonPlaces(sentence, words)));
    for (const word of [...places].map((place) => sentence[place] as string)) {
      const [ours, theirs] = [left.get(word) ?? 0, othersLeft.get(word) ?? 0];
      if (ours === 0 || theirs === 0) continue;
      hits++;
      left.set(word, ours - 1);
      othersLeft.set(word, theirs - 1);
    }
  }
  return shares(hits, words.length, others.length);
}

function shares(matches: number, ours: number, theirs: number): Triple {
  const [precision, recall] = [matches / Math.max(ours, 1), matches / Math.max(theirs, 1)];
  return [precision, recall, ratio(2 * precision * recall, precision + recall)];
}
