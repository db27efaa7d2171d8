/**
 * Weights whose rows have lengths of their own (DoRA, Liu et al. 2024): row i of W + s B A, divided by its
 * length and times m_i. In shapes T rows, M columns, N outputs of a change.
 */
import type { Matrix, Tensor } from "./tensor.ts";

/** A change of the outputs of a weight from `firstOutput` on by scale B A. */
export interface WeightChange {
  /** [rank, inputs] */
  readonly a: Matrix;
  /** [N, rank] */
  readonly b: Matrix;
  readonly firstOutput: number;
  readonly scale: number;
}

export interface DecompositionOps {
  /**
   * Lengths of the rows of W + s B A, (N). They count as constants: their gradient is left out, as the paper
   * advises (section 4.3).
   *
   * @param squares of the lengths of the rows of W
   */
  rowLengths(weight: Matrix, change: WeightChange, squares: Float64Array): Tensor;

  /**
   * y m / lengths in the columns of y from `first` on, in place, beside the bias b of y, which stays:
   * m / lengths (y - b) + b.
   *
   * @param magnitudes m, (N)
   * @param bias of all columns of y, (M)
   */
  rescale(y: Tensor, first: number, magnitudes: Tensor, lengths: Tensor, bias: Tensor | undefined): void;
}
