/** What operations of attention need to know of a layer. Shapes as in ops.ts. */
import type { Tensor } from "../tensor.ts";
import type { Named } from "./named.ts";

/** How a row holds queries, keys and values: nHead and nKvHead vectors of headDim, nKvHead of valueDim. */
export interface Heads {
  readonly nHead: number;
  readonly nKvHead: number;
  readonly headDim: number;
  readonly valueDim: number;
}

/**
 * Positions that a row at position i sees: i - past to i + future. With a chunk it sees none before the
 * multiple of `chunk` at or before i. NO_BOUND says all; chunk 0 says none.
 */
export interface Reach {
  readonly past: number;
  readonly future: number;
  readonly chunk: number;
}

/** More positions than any sequence has. */
export const NO_BOUND = 2 ** 31 - 1;

/** A row sees itself and all before. */
export const CAUSAL: Reach = { past: NO_BOUND, future: 0, chunk: 0 };

/** An attention layer, as far as its operations need to know it. */
export interface AttentionLayer extends Heads, Named {
  /** The layer of the caches that holds its keys and values. */
  readonly layer: number;
  /**
   * Rows hold queries only. Another layer or another sequence has stored the keys and values that they read.
   */
  readonly queriesOnly?: boolean | undefined;
  /** Factor of the scores; most models use 1 / sqrt(D). */
  readonly scale: number;
  readonly reach: Reach;
  /** Scores s become c tanh(s / c). */
  readonly softCap?: number | undefined;
  /** ALiBi: each head adds its slope times (position of the key - position of the row) to the scores, [H]. */
  readonly slopes?: Tensor | undefined;
  /** One more score of each head in the softmax, whose share is dropped, [H]. */
  readonly sinks?: Tensor | undefined;
}

/** Sizes of latent attention: heads, width of the latent vector, dimensions that turn and that do not. */
export interface LatentSizes {
  readonly nHead: number;
  readonly rank: number;
  readonly rotated: number;
  readonly fixed: number;
}

/** Angles of the rotary embedding: cosines and sines, [positions, R/2] each. The first R dimensions turn. */
export interface RotaryTable {
  readonly cos: Tensor;
  readonly sin: Tensor;
}
