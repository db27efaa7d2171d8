/**
 * How sure scores are, as sacreBLEU computes it. A bootstrap (Koehn 2004, "Statistical Significance Tests for
 * Machine Translation Evaluation") scores corpora of segments drawn with replacement; of several systems the
 * same ones. Approximate randomization (Riezler and Maxwell 2005) swaps segments of two systems at random.
 *
 *   p = (1 + trials with a larger difference than the real one) / (1 + trials)
 */
import type { Metric } from "../metric.ts";
import { summed } from "../metric.ts";
import { Pcg64 } from "./pcg64.ts";

/** Rows are segments. */
export type Statistics = readonly (readonly number[])[];

export interface Estimate {
  /** Of the scores of the drawn corpora. */
  readonly mean: number;
  /** Half the width of the middle 95%. */
  readonly confidence: number;
  /** Standard deviation of the scores of the drawn corpora. */
  readonly standardError: number;
}

export interface Resampling {
  /** Drawn corpora, or trials. */
  readonly samples: number;
  /** Unsigned 32-bit integer. */
  readonly seed: number;
}

/** @param systems statistics of each system on the same segments */
export function bootstrap(metric: Metric, systems: readonly Statistics[], options: Resampling): Estimate[] {
  return resampledScores(metric, systems, options).map(estimate);
}

/** The probability that systems as good as the first differ from it as much as each other one does. */
export function pairedBootstrap(
  metric: Metric,
  systems: readonly Statistics[],
  options: Resampling,
): number[] {
  const [baseline = [], ...others] = resampledScores(metric, systems, options);
  return others.map((scores, i) => {
    const differences = scores.map((score, j) => Math.abs(score - (baseline[j] as number)));
    const middle = mean(differences);
    const real = difference(metric, systems[0] ?? [], systems[i + 1] ?? []);
    return probability(differences.filter((value) => value - middle > real).length, options.samples);
  });
}

export function approximateRandomization(
  metric: Metric,
  systems: readonly Statistics[],
  { samples, seed }: Resampling,
): number[] {
  const [baseline = [], ...others] = systems;
  return others.map((system) => {
    const real = difference(metric, baseline, system);
    const own = summed(system);
    const both = summed([summed(baseline), own]);
    const changes = packed(baseline.map((row, i) => row.map((value, j) => value - at(system, i, j))));
    const random = new Pcg64(seed);
    let larger = 0;
    for (let trial = 0; trial < samples; trial++) {
      const sums = Float64Array.from(own);
      for (let i = 0; i < baseline.length; i++) if (random.bit()) addRow(sums, changes, i);
      const swapped = [...sums];
      const rest = both.map((sum, j) => sum - (swapped[j] as number));
      if (Math.abs(metric.score(swapped).score - metric.score(rest).score) > real) larger++;
    }
    return probability(larger, samples);
  });
}

const at = (rows: Statistics, i: number, j: number): number => rows[i]?.[j] as number;

/** Rows one after another. */
const packed = (rows: Statistics): Float64Array => Float64Array.from(rows.flat());

function addRow(sums: Float64Array, rows: Float64Array, place: number): void {
  const start = place * sums.length;
  for (let j = 0; j < sums.length; j++) sums[j] = (sums[j] as number) + (rows[start + j] as number);
}

const difference = (metric: Metric, a: Statistics, b: Statistics): number =>
  Math.abs(metric.score(summed(a)).score - metric.score(summed(b)).score);

const probability = (larger: number, samples: number): number => (larger + 1) / (samples + 1);

/** By system: the scores of the drawn corpora. */
function resampledScores(
  metric: Metric,
  systems: readonly Statistics[],
  { samples, seed }: Resampling,
): number[][] {
  const random = new Pcg64(seed);
  const [size, width] = [systems[0]?.length ?? 0, systems[0]?.[0]?.length ?? 0];
  const places = new Uint32Array(size);
  const rows = systems.map(packed);
  const scores: number[][] = systems.map(() => []);
  for (let sample = 0; sample < samples; sample++) {
    for (let i = 0; i < size; i++) places[i] = random.below(size);
    for (const [system, own] of rows.entries()) {
      const sums = new Float64Array(width);
      for (const place of places) addRow(sums, own, place);
      scores[system]?.push(metric.score([...sums]).score);
    }
  }
  return scores;
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

function estimate(scores: readonly number[]): Estimate {
  const sorted = [...scores].sort((a, b) => a - b);
  const tail = Math.floor(scores.length / 40);
  const [low, high] = [sorted[tail] as number, sorted[scores.length - tail - 1] as number];
  const middle = mean(scores);
  const variance = scores.reduce((sum, score) => sum + (score - middle) ** 2, 0) / (scores.length - 1);
  return { mean: middle, confidence: (high - low) / 2, standardError: Math.sqrt(variance) };
}
