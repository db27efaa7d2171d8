/** Vectors that tokens have for each layer (Gemma 3n, Gemma 4). */
import type { Activation } from "../../compute/ops/ops.ts";

/** The vectors of all layers: rows of a table, and a projection of the token embedding. */
export interface LayerInputsConfig {
  /** Elements of a vector. */
  readonly width: number;
  readonly vocabSize: number;
  /** Of the RMS norm of a projected vector. */
  readonly epsilon: number;
}

/** The layer's vector, gated by the hidden state and normed, is added after the MLP. */
export interface LayerInputConfig {
  readonly activation: Activation;
  /** Of the RMS norm. */
  readonly epsilon: number;
}
