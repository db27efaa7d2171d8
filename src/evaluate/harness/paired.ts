/** The difference of two models on the same items: far surer than the difference of two means. */
import { type Estimate, meanOf, sampleMeanOf } from "../statistics.ts";
import { PythonRandom } from "./python-random.ts";

export interface PairedDifference {
  readonly items: number;
  /** Means of both. */
  readonly first: number;
  readonly second: number;
  /** Mean of second - first, with the standard error of the differences; NaN for one item, as the interval. */
  readonly difference: Estimate;
  /** 95% of the means of items that are drawn with replacement lie between. */
  readonly interval: readonly [low: number, high: number];
  /** Of values 0 and 1. */
  readonly flips?: Flips | undefined;
}

interface Flips {
  /** Items that the first has right and the second wrong, and the other way round. */
  readonly lost: number;
  readonly won: number;
  /** Of McNemar's exact test: how likely a split as uneven is if both are equally good. */
  readonly p: number;
}

const DRAWS = 2000;

/** @param first values of the items @param second of the same items, in the same order */
export function pairedDifference(first: readonly number[], second: readonly number[]): PairedDifference {
  const differences = second.map((value, i) => value - (first[i] as number));
  const isBinary = [...first, ...second].every((value) => value === 0 || value === 1);
  return {
    items: differences.length,
    first: meanOf(first).value,
    second: meanOf(second).value,
    difference: sampleMeanOf(differences),
    interval: differences.length > 1 ? intervalOf(differences) : [Number.NaN, Number.NaN],
    flips: isBinary ? flipsOf(differences) : undefined,
  };
}

function intervalOf(differences: readonly number[]): [number, number] {
  const random = new PythonRandom(0);
  const n = differences.length;
  const means = Float64Array.from({ length: DRAWS }, () => {
    let sum = 0;
    for (let i = 0; i < n; i++) sum += differences[Math.floor(random.random() * n)] as number;
    return sum / n;
  }).sort();
  return [means[DRAWS * 0.025] as number, means[DRAWS * 0.975 - 1] as number];
}

function flipsOf(differences: readonly number[]): Flips {
  const lost = differences.filter((value) => value < 0).length;
  const won = differences.filter((value) => value > 0).length;
  return { lost, won, p: binomialTails(Math.min(lost, won), lost + won) };
}

/** Twice the probability of at most `few` heads in n throws of a coin, at most 1. */
function binomialTails(few: number, n: number): number {
  let [logTerm, sum] = [-n * Math.LN2, 0];
  for (let k = 0; k <= few; k++) {
    sum += Math.exp(logTerm);
    logTerm += Math.log((n - k) / (k + 1));
  }
  return Math.min(1, 2 * sum);
}
