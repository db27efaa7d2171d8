/**
 * Operations that say of rows of logits and of attention what scores and views need, so that the rows
 * themselves stay where they are. They are not differentiated. In shapes T rows, C width, H heads.
 */
import type { Batch } from "../batch.ts";
import type { Indices, Tensor } from "../tensor.ts";

export interface ReadingOps {
  /**
   * Of each row: the place of the largest element, and the logarithm of the sum of e^(x - largest), NaN for
   * rows with NaN or infinity: (T, C) -> (T, 2)
   */
  logSums(x: Tensor): Tensor;

  /**
   * Of each row: the Kullback-Leibler divergence of softmax(b) from softmax(a), in nats:
   * (T, C), (T, C) -> (T, 1)
   */
  divergences(a: Tensor, b: Tensor): Tensor;

  /**
   * Of each row: ln sum e^x, the entropy of its softmax in nats, rank and element of each of its W ids, place
   * and element of each of the K largest: (T, C), (T W) -> (T, READING_NUMBERS + 2 W + 2 K)
   *
   * @param ids of one row after the other. Ids from C on have the rank 0 and the element NaN
   * @param top K, at most C
   */
  readLogits(x: Tensor, ids: Indices, top: number): Tensor;

  /**
   * Of attention weights: the entropy in nats, the mean distance to the keys, and the sums over groups of
   * `pool` keys: (T, H, N) -> (T, H, SUMMARY_NUMBERS + cells)
   */
  summarizeWeights(weights: Tensor, batch: Batch, pool: number, cells: number): Tensor;
}
