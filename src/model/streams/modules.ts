/**
 * Modules of parallel residual streams. In shapes C is the width of a stream, n their number, R a low rank.
 */
import type { Norm } from "../../compute/ops/ops.ts";
import type { Tensor } from "../../compute/tensor.ts";
import type { LayerInput } from "../layer-inputs/modules.ts";
import type { Linear } from "../linear.ts";

/** A layer of low rank beside a sublayer: x + norm(up(down(x))). */
export interface LowRankLayer {
  /** C -> R */
  readonly down: Linear;
  /** R -> C */
  readonly up: Linear;
  readonly norm: Norm;
}

/** From the token embedding to the streams after the first, and back. */
export interface Streams {
  /** C -> C for each */
  readonly into: readonly Linear[];
  readonly outOf: readonly Linear[];
}

/** How a layer predicts and corrects n streams. */
export interface LayerStreams {
  readonly active: number;
  readonly norm: Norm;
  /** C -> n */
  readonly router: Linear;
  /** n -> n n */
  readonly prediction: Linear;
  /** n -> n */
  readonly correction: Linear;
  /** Factors of the active stream before the vector of the layer is made of it, [1, C]. */
  readonly scales: Tensor | undefined;
  /** The vector of the layer, which is added to all streams but the first. */
  readonly input: LayerInput | undefined;
}
