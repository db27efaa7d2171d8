/** Frequencies and angles of the rotary embedding (Su et al. 2021), with the scalings for long contexts. */
import type { RopeScaling, YarnScaling } from "./rotary-config.ts";

/**
 * Angle between neighbouring positions for each pair of dimensions, [dims/2]: theta^(-2i / dims), scaled.
 *
 * @param length of the longest sequence: some scalings depend on it. Default: a short one
 */
export function rotaryFrequencies(dims: number, theta: number, scaling: RopeScaling, length = 0): number[] {
  const base = scaling.kind === "dynamic" ? dynamicTheta(theta, dims, scaling, length) : theta;
  const plain = Array.from({ length: dims / 2 }, (_, i) => base ** ((-2 * i) / dims));
  const ramp = scaling.kind === "yarn" ? yarnRamp(dims, theta, scaling) : [];
  const turning = scaling.kind === "proportional" ? Math.floor((scaling.part * dims) / 2) : dims / 2;
  return plain.map((frequency, i) => (i < turning ? scaled(frequency, i, scaling, ramp, length) : 0));
}

/** Factor of cosines and sines. */
export const rotaryMagnitude = (scaling: RopeScaling): number =>
  scaling.kind === "yarn" || scaling.kind === "longrope" ? scaling.magnitude : 1;

/** Divisors of the frequencies by a scaling, [dims/2]. */
export function rotaryDivisors(dims: number, theta: number, scaling: RopeScaling): number[] {
  const scaled = rotaryFrequencies(dims, theta, scaling);
  return rotaryFrequencies(dims, theta, { kind: "none" }).map(
    (frequency, i) => frequency / (scaled[i] as number),
  );
}

/** Cosines and sines of the angles of positions 0 to `positions` - 1, row-major [positions, pairs] each. */
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

type Dynamic = Extract<RopeScaling, { kind: "dynamic" }>;

function dynamicTheta(
  theta: number,
  dims: number,
  { factor, originalPositions }: Dynamic,
  length: number,
): number {
  if (length <= originalPositions) return theta;
  return theta * ((factor * length) / originalPositions - (factor - 1)) ** (dims / (dims - 2));
}

/**
 * Share of the division by `factor`, for each pair: 0 for those that turn fast, 1 for those that turn slowly.
 */
function yarnRamp(
  dims: number,
  theta: number,
  { originalPositions, betaFast, betaSlow, truncate }: YarnScaling,
): number[] {
  /** The pair that turns `turns` times in the original context. */
  const pairOf = (turns: number) =>
    (dims * Math.log(originalPositions / (2 * Math.PI * turns))) / (2 * Math.log(theta));
  const [first, last] = [pairOf(betaFast), pairOf(betaSlow)];
  const low = Math.max(0, truncate ? Math.floor(first) : first);
  const high = Math.min(dims - 1, truncate ? Math.ceil(last) : last);
  const width = high === low ? 0.001 : high - low;
  return Array.from({ length: dims / 2 }, (_, i) => Math.min(1, Math.max(0, (i - low) / width)));
}

function scaled(
  frequency: number,
  pair: number,
  scaling: RopeScaling,
  ramp: readonly number[],
  length: number,
): number {
  switch (scaling.kind) {
    case "none":
    case "dynamic":
    case "proportional":
      return frequency;
    case "linear":
      return frequency / scaling.factor;
    case "divisors":
      return frequency / (scaling.divisors[pair] ?? 1);
    case "yarn": {
      const share = ramp[pair] ?? 0;
      return frequency * (1 - share) + (frequency / scaling.factor) * share;
    }
    case "longrope": {
      const divisors = length > scaling.originalPositions ? scaling.long : scaling.short;
      return frequency / (divisors[pair] ?? 1);
    }
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
