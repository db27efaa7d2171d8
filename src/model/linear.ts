/** Modules that other modules consist of. Each carries its canonical name, for observers. */

import type { WeightChange } from "../compute/decomposition.ts";
import type { ExpertsLinear, ScaledExperts } from "../compute/ops/experts.ts";
import type { Norm, Linear as PlainLinear } from "../compute/ops/ops.ts";
import type { Tensor } from "../compute/tensor.ts";

export interface Linear extends PlainLinear {
  /** Low-rank matrices in training. A loaded model has added its adapters to the weight. */
  readonly adapters: readonly LowRank[];
}

/** A change of some outputs of a weight by scale B A (LoRA, Hu et al. 2021). */
export interface LowRank extends WeightChange {
  /** Lengths of the changed rows that are trained by themselves (DoRA, Liu et al. 2024). */
  readonly magnitudes: Magnitudes | undefined;
  /** Probability that an element of A's input is dropped while A and B are trained. */
  readonly dropout: number;
}

/** The matrices of all experts of a layer, with low-rank matrices in training. */
export interface AdaptedExperts extends ExpertsLinear {
  readonly adapters: readonly LowRankOfExperts[];
}

/** A change of some outputs of each expert by scale B A of its own. */
export interface LowRankOfExperts {
  readonly a: ExpertsLinear;
  readonly b: ScaledExperts;
  readonly dropout: number;
}

export interface Magnitudes {
  /** (outputs) */
  readonly values: Tensor;
  /** Squares of the lengths of the rows before the change. */
  readonly squares: Float64Array;
}

/** Norm of `count` vectors of a row from number `first` on: heads, or all query heads or key heads as one. */
export interface HeadsNorm {
  readonly norm: Norm;
  readonly first: number;
  readonly count: number;
}
