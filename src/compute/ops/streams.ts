/** Operations of parallel residual streams. In shapes T rows, C width, n streams, which lie side by side. */
import type { Indices, Tensor } from "../tensor.ts";

export interface StreamOps {
  /** The ids, with 0 in the place of those from `count` on: (T) -> (T) */
  idsBelow(ids: Indices, count: number): Indices;

  /**
   * Tensors side by side, copied: (T, C) n times -> (T, n C).
   */
  sideBySide(parts: readonly Tensor[]): Tensor;

  /** Scales the rows of y, in place, to the root mean square of those of x: (T, C), (T, C) -> (T, C) */
  matchMagnitude(y: Tensor, x: Tensor): Tensor;

  /** x_j + sum over k of weights_jk x_k for each stream j: (T, n C), (T, n n) -> (T, n C) */
  mixStreams(x: Tensor, weights: Tensor): Tensor;

  /**
   * Adds (1 + weights_j) x, in place, to each stream j from `first` on: (T, n C), (T, C), (T, n) -> (T, n C)
   *
   * @param weights default 0
   */
  addToStreams(streams: Tensor, x: Tensor, first: number, weights?: Tensor): Tensor;

  /** max(x - (mean + deviations std), 0) of the first `width` columns, in place: (T, C) -> (T, C) */
  sparsify(x: Tensor, width: number, deviations: number): Tensor;
}
