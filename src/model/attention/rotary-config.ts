/** The rotary embedding and its scalings for long contexts, as data. */

/** Rotary embedding (Su et al. 2021): dimension i turns with dimension i + dims / 2, as in GPT-NeoX. */
export interface RotaryConfig {
  readonly kind: "rotary";
  readonly theta: number;
  /** The first dimensions of a head turn, the others pass. */
  readonly dims: number;
  readonly scaling: RopeScaling;
}

/**
 * YaRN (Peng et al. 2023): pairs that turn more than `betaFast` times in the original context keep their
 * frequency, those that turn less than `betaSlow` times have it divided, with a ramp between.
 */
export interface YarnScaling {
  readonly kind: "yarn";
  readonly factor: number;
  readonly originalPositions: number;
  readonly betaFast: number;
  readonly betaSlow: number;
  /** The ramp begins and ends at whole pairs. */
  readonly truncate: boolean;
  /** Factor of cosines and sines. */
  readonly magnitude: number;
  /** Scores grow with the square of 0.1 m ln(factor) + 1, for this m (DeepSeek-V2). Default: they do not. */
  readonly scoreMultiple?: number;
}

/** Scaling of the rotary frequencies for contexts longer than those of the first training. */
export type RopeScaling =
  | { readonly kind: "none" }
  /** Position interpolation (Chen et al. 2023): positions are divided by `factor`. */
  | { readonly kind: "linear"; readonly factor: number }
  /**
   * Llama 3.1: only low frequencies are divided by `factor`, with a smooth ramp between the two wavelengths.
   */
  | {
      readonly kind: "llama3";
      readonly factor: number;
      readonly lowFreqFactor: number;
      readonly highFreqFactor: number;
      readonly originalPositions: number;
    }
  | YarnScaling
  /** LongRoPE (Ding et al. 2024): divisors for sequences up to the original context, and for longer ones. */
  | {
      readonly kind: "longrope";
      readonly short: readonly number[];
      readonly long: readonly number[];
      readonly originalPositions: number;
      readonly magnitude: number;
    }
  /** Sequences longer than the original context have a larger theta, the longer the larger. */
  | { readonly kind: "dynamic"; readonly factor: number; readonly originalPositions: number }
  /** Only the first pairs turn, this part of them (Gemma 4). */
  | { readonly kind: "proportional"; readonly part: number }
  /** A divisor for each pair of dimensions, from the checkpoint (`rope_freqs.weight` of GGUF). */
  | { readonly kind: "divisors"; readonly divisors: readonly number[] };
