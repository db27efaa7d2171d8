/** Modules of the vectors that tokens have for each layer. L layers, P width of a vector. */
import type { Activation, Embedding, Norm } from "../../compute/ops/ops.ts";
import type { HeadsNorm, Linear } from "../linear.ts";

/** The vectors of all layers: rows of a table of their own, and a projection of the token embedding. */
export interface LayerInputs {
  /** [ids, L P] */
  readonly tokens: Embedding;
  readonly scale: number;
  /** C -> L P */
  readonly projection: Linear;
  /** Of the projection, layer by layer. */
  readonly norm: HeadsNorm;
}

/** The vector of a layer, gated by the hidden state. */
export interface LayerInput {
  readonly name: string;
  readonly activation: Activation;
  /** Column of the layer among the vectors of all. */
  readonly first: number;
  /** C -> P */
  readonly gate: Linear;
  /** P -> C */
  readonly projection: Linear;
  readonly norm: Norm;
}
