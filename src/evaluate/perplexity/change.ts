/**
 * How a second model's predictions differ from a first's, with the statistics and errors of llama-perplexity
 * --kl-divergence. A `±` is one standard error, as if tokens were independent.
 */
import { type Estimate, meanOf } from "../statistics.ts";
import type { TokenScores } from "./token-scores.ts";

/** A distribution over tokens. */
export interface Spread {
  readonly mean: Estimate;
  readonly maximum: number;
  readonly minimum: number;
  /** From 0 to 100, with linear interpolation. */
  readonly percentiles: readonly Percentile[];
}

interface Percentile {
  readonly percent: number;
  readonly value: number;
}

export interface Change {
  readonly tokens: number;
  readonly perplexity: Estimate;
  readonly otherPerplexity: Estimate;
  /** Correlation of the tokens' losses. */
  readonly correlation: number;
  /** ln(other / first), other / first, and other - first, of the perplexities. */
  readonly logRatio: Estimate;
  readonly ratio: Estimate;
  readonly difference: Estimate;
  /** Kullback-Leibler divergence of the second model from the first, in nats. */
  readonly divergence: Spread;
  /** Change of the probability of the text's token, from -1 to 1. */
  readonly probability: Spread;
  /** Root of the mean square of that change. */
  readonly rootMeanSquare: Estimate;
  /** Share of tokens before which both have the same likeliest token. */
  readonly sameTop: Estimate;
}

const DIVERGENCE_PERCENTS = [99.9, 99, 90, 50, 10, 5, 1];
const PROBABILITY_PERCENTS = [99.9, 99, 95, 90, 75, 50, 25, 10, 5, 1, 0.1];

export function changeOf(scores: readonly TokenScores[]): Change {
  const a = scores.flatMap(({ losses }) => losses);
  const b = scores.flatMap(({ other }) => other?.losses ?? []);
  const [first, second] = [meanOf(a), meanOf(b)];
  const shared = covariance(a, first.value, b, second.value);
  const logRatio = {
    value: second.value - first.value,
    error: root(first.error ** 2 + second.error ** 2 - 2 * shared),
  };
  const ratio = scaled(logRatio, Math.exp(logRatio.value));
  const [perplexity, otherPerplexity] = [exponential(first), exponential(second)];
  const spread = perplexity.error ** 2 + otherPerplexity.error ** 2;
  const differenceError = root(spread - 2 * shared * perplexity.value * otherPerplexity.value);
  const changes = a.map((loss, i) => Math.exp(-(b[i] as number)) - Math.exp(-loss));
  const squares = meanOf(changes.map((change) => change ** 2));
  const rms = Math.sqrt(squares.value);
  const same = scores.reduce((sum, { other }) => sum + (other?.sameTop ?? 0), 0) / a.length;
  return {
    tokens: a.length,
    perplexity,
    otherPerplexity,
    correlation: first.error * second.error > 0 ? shared / (first.error * second.error) : 1,
    logRatio,
    ratio,
    difference: { value: otherPerplexity.value - perplexity.value, error: differenceError },
    divergence: spreadOf(
      scores.flatMap(({ other }) => other?.divergences ?? []),
      DIVERGENCE_PERCENTS,
    ),
    probability: spreadOf(changes, PROBABILITY_PERCENTS),
    rootMeanSquare: { value: rms, error: rms > 0 ? (0.5 / rms) * squares.error : 0 },
    sameTop: { value: same, error: Math.sqrt((same * (1 - same)) / Math.max(1, a.length - 1)) },
  };
}

/** e to an estimate. */
export const exponential = (mean: Estimate): Estimate => scaled(mean, Math.exp(mean.value));

const scaled = ({ error }: Estimate, value: number): Estimate => ({ value, error: value * error });

/** Rounding may make a 0 negative. */
const root = (square: number): number => Math.sqrt(Math.max(0, square));

/** Covariance of two means of the same tokens. */
function covariance(a: readonly number[], meanA: number, b: readonly number[], meanB: number): number {
  const products = a.reduce((sum, x, i) => sum + (x - meanA) * ((b[i] as number) - meanB), 0);
  return products / a.length / Math.max(1, a.length - 1);
}

function spreadOf(values: readonly number[], percents: readonly number[]): Spread {
  const sorted = Float64Array.from(values).sort();
  const at = (share: number): number => {
    const place = share * (sorted.length - 1);
    const below = Math.floor(place);
    const low = sorted[below] ?? 0;
    return low + (place - below) * ((sorted[below + 1] ?? low) - low);
  };
  return {
    mean: meanOf(values),
    maximum: at(1),
    minimum: at(0),
    percentiles: percents.map((percent) => ({ percent, value: at(percent / 100) })),
  };
}
