/** Position encodings that are computed: rotary angles, the sinusoidal table, slopes of ALiBi. */
import type { RopeScaling, YarnScaling } from "./config.ts";
import type { QueryScaleConfig } from "./score-config.ts";

/** Angle between neighbouring positions for each pair of dimensions, [D/2]: theta^(-2i / D), scaled. */
export function rotaryFrequencies(headDim: number, theta: number, scaling: RopeScaling): number[] {
  const ramp = scaling.kind === "yarn" ? yarnRamp(headDim, theta, scaling) : () => 0;
  return Array.from({ length: headDim / 2 }, (_, i) => {
    const frequency = theta ** ((-2 * i) / headDim);
    return scaled(frequency, i, scaling, ramp(i));
  });
}

/** Divisors of the frequencies by a scaling, [D/2]. */
export function rotaryDivisors(headDim: number, theta: number, scaling: RopeScaling): number[] {
  const scaled = rotaryFrequencies(headDim, theta, scaling);
  return rotaryFrequencies(headDim, theta, { kind: "none" }).map(
    (frequency, i) => frequency / (scaled[i] as number),
  );
}

/**
 * Cosines and sines of the angles of positions 0 to `positions` - 1, row-major [positions, D/2] each.
 *
 * @param magnitude their factor
 */
export function rotaryAngles(
  frequencies: readonly number[],
  positions: number,
  magnitude = 1,
): { cos: Float32Array; sin: Float32Array } {
  const pairs = frequencies.length;
  const cos = new Float32Array(positions * pairs);
  const sin = new Float32Array(positions * pairs);
  for (let position = 0; position < positions; position++) {
    for (const [i, frequency] of frequencies.entries()) {
      cos[position * pairs + i] = magnitude * Math.cos(position * frequency);
      sin[position * pairs + i] = magnitude * Math.sin(position * frequency);
    }
  }
  return { cos, sin };
}

/** Factors of the queries at positions 0 to `positions` - 1. */
export const queryFactors = ({ beta, interval, offset }: QueryScaleConfig, positions: number): Float32Array =>
  Float32Array.from(
    { length: positions },
    (_, i) => 1 + beta * Math.log1p(Math.floor((i + offset) / interval)),
  );

/**
 * Slopes of ALiBi by head (Press et al. 2021). With p the largest power of two up to the number of heads, the
 * first p heads have 2^(-8 (h + 1) / p), and the others every second slope of twice as many heads.
 */
export function alibiSlopes(nHead: number): number[] {
  const p = 2 ** Math.floor(Math.log2(nHead));
  return Array.from({ length: nHead }, (_, h) =>
    h < p ? 2 ** ((-8 * (h + 1)) / p) : 2 ** ((-4 * (2 * (h - p) + 1)) / p),
  );
}

/**
 * Buckets of distances d = key - row, from -most to most (Raffel et al. 2020). Half of the buckets have one
 * distance each; the others grow with its logarithm, up to maxDistance. An encoder has two such halves, one for
 * keys behind the row.
 */
export function relativeBuckets(
  { buckets, maxDistance }: { readonly buckets: number; readonly maxDistance: number },
  seesAhead: boolean,
): number[] {
  const count = seesAhead ? Math.floor(buckets / 2) : buckets;
  const exact = Math.floor(count / 2);
  return Array.from({ length: 2 * maxDistance + 1 }, (_, i) => {
    const distance = i - maxDistance;
    const size = seesAhead ? Math.abs(distance) : Math.max(-distance, 0);
    const first = seesAhead && distance > 0 ? count : 0;
    if (size < exact) return first + size;
    const grown = Math.log(size / exact) / Math.log(maxDistance / exact);
    return first + Math.min(count - 1, exact + Math.floor(grown * (count - exact)));
  });
}

/**
 * The table of Vaswani et al. 2017, section 3.5, row-major [positions, width]: sines and cosines alternate.
 */
export function sinusoidalTable(positions: number, width: number): Float32Array {
  const table = new Float32Array(positions * width);
  for (let position = 0; position < positions; position++) {
    for (let i = 0; i < width; i++) {
      const angle = position / 10_000 ** ((i - (i % 2)) / width);
      table[position * width + i] = i % 2 === 0 ? Math.sin(angle) : Math.cos(angle);
    }
  }
  return table;
}

/** Share of a pair's frequency that is divided: from 0 for the fast pairs to 1 for the slow ones. */
function yarnRamp(headDim: number, theta: number, scaling: YarnScaling): (pair: number) => number {
  const { originalPositions, betaFast, betaSlow, truncate } = scaling;
  const pairOfTurns = (turns: number) =>
    (headDim * Math.log(originalPositions / (turns * 2 * Math.PI))) / (2 * Math.log(theta));
  const [first, last] = [pairOfTurns(betaFast), pairOfTurns(betaSlow)];
  const low = Math.max(truncate ? Math.floor(first) : first, 0);
  const high = Math.min(truncate ? Math.ceil(last) : last, headDim - 1);
  const length = high === low ? 0.001 : high - low;
  return (pair) => Math.min(Math.max((pair - low) / length, 0), 1);
}

/** @param ramp share of the frequency that YaRN divides */
function scaled(frequency: number, pair: number, scaling: RopeScaling, ramp: number): number {
  switch (scaling.kind) {
    case "none":
      return frequency;
    case "linear":
      return frequency / scaling.factor;
    case "yarn":
      return frequency * (1 - ramp) + (frequency / scaling.factor) * ramp;
    case "divisors":
      return frequency / (scaling.divisors[pair] ?? 1);
    case "llama3": {
      const { factor, lowFreqFactor, highFreqFactor, originalPositions } = scaling;
      const turns = (originalPositions * frequency) / (2 * Math.PI);
      if (turns < lowFreqFactor) return frequency / factor;
      if (turns > highFreqFactor) return frequency;
      const smooth = (turns - lowFreqFactor) / (highFreqFactor - lowFreqFactor);
      return (1 - smooth) * (frequency / factor) + smooth * frequency;
    }
  }
}
