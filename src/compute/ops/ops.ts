/**
 * The operations a decoder is written in. KernelOps runs them as kernels. Two decorators wrap any Ops and
 * stack: RecordingOps writes a tape for the backward pass, ObservingOps shows results to an observer.
 *
 * Shapes: T rows, C width, N outputs, H query heads, Hkv key/value heads, D head dimension, Dv
 * dimension of a value.
 */

import type { Batch } from "../batch.ts";
import type { DecompositionOps } from "../decomposition.ts";
import type { Indices, Matrix, MatrixTable, Tensor } from "../tensor.ts";
import type { AttentionLayer, LatentSizes, RotaryTable } from "./attention-layers.ts";
import type { ExpertsLinear, Router, Routes, ScaledExperts } from "./experts.ts";
import type { Named } from "./named.ts";
import type { ReadingOps } from "./reading.ts";
import type { RecurrentOps } from "./recurrent-layers.ts";
import type { StreamOps } from "./streams.ts";

/**
 * GELU in its tanh approximation and its exact (erf) form (Hendrycks & Gimpel 2016); SiLU (Elfwing et al.
 * 2017); the square of ReLU (So et al. 2021).
 */
export type ElementActivation =
  | "gelu_tanh"
  | "gelu_erf"
  | "silu"
  | "relu"
  | "relu_squared"
  | "tanh"
  | "quick_gelu"
  | "relu6"
  | "sigmoid";

/** SwiGLU with bounds (gpt-oss) has no form without a gate. */
export type Activation = ElementActivation | "clamped_swiglu";

/** A table of rows, [ids, C]. */
export interface Embedding extends Named {
  readonly weight: Matrix;
}

/** x W^T + b */
export interface Linear extends Named {
  readonly weight: Matrix;
  readonly bias?: Tensor | undefined;
}

/**
 * Layer norm (Ba et al. 2016), which has a bias, or RMS norm (Zhang & Sennrich 2019), which has none. A layer
 * norm without bias has one of zeros, an unweighted norm has weights of one.
 */
export interface Norm extends Named {
  /** [width], or [heads, width] for heads that have weights of their own. */
  readonly weight: Tensor;
  readonly bias?: Tensor | undefined;
  readonly epsilon: number;
}

/** Elements that a norm takes together. */
export const normWidth = ({ weight: { shape } }: Norm): number => shape[shape.length - 1] as number;

/** Address of the rule by which the kernels drop elements (assembly/training/dropout.ts). */
export interface DropoutRule {
  readonly ptr: number;
}

/** Work on attention weights between the softmax and the sum of the values. */
export interface WeightsHook {
  readonly dropout?: DropoutRule | undefined;
  /**
   * Receives the weights (T, H, positions) before dropout and may overwrite them. Attention is slower then.
   */
  readonly see?: ((weights: Tensor) => void) | undefined;
}

export interface Ops extends RecurrentOps, StreamOps, ReadingOps, DecompositionOps {
  /**
   * The operations of a stage: consecutive layers with a memory and threads of their own (../banks.ts). A
   * model that fits in one memory has one stage.
   */
  at(stage: number): Ops;

  /** x in the memory of this stage. */
  take(x: Tensor): Promise<Tensor>;

  /** Rows of a table: (T) -> (T, C). Every id is below the table's number of rows. */
  embedding(table: Embedding, ids: Indices): Tensor;

  /** x W^T + b: (T, C) -> (T, N) */
  linear(x: Tensor, linear: Linear): Tensor;

  /** Adds scale x W^T to the columns of out from `first` on, in place: (T, C) -> (T, N) within (T, M). */
  addLinear(out: Tensor, x: Tensor, weight: Matrix, first: number, scale: number): void;

  /** Layer norm if the norm has a bias, else RMS norm: (T, C) -> (T, C) */
  normalize(x: Tensor, norm: Norm): Tensor;

  /** As `normalize`, in place, of `count` heads of every row from head `first` on: (T, heads D). */
  normalizeHeads(x: Tensor, norm: Norm, first: number, count: number): void;

  /** Rotary embedding, in place, of the query and key heads: (T, H D + Hkv (D + Dv)). */
  rope(qkv: Tensor, attention: AttentionLayer, table: RotaryTable, batch: Batch): void;

  /**
   * Heads of latent attention: queries, and the key and the value that all heads share, as [rotated |
   * latent].
   *
   * (T, H (N + R)), (T, H K), (T, K + R) -> (T, H (R + K) + (R + K) + K)
   */
  latentHeads(queries: Tensor, absorbed: Tensor, latent: Tensor, sizes: LatentSizes): Tensor;

  /**
   * Each head through the matrix of its own. The inputs are its columns from `first` on.
   *
   * (T, H S) -> (T, H N)
   */
  linearOfHeads(x: Tensor, first: number, heads: MatrixTable): Tensor;

  /**
   * Multiplies the queries, in place, with the factor of their position: (T, H D + Hkv (D + Dv)).
   *
   * @param factors [positions]
   */
  scaleQueries(qkv: Tensor, attention: AttentionLayer, factors: Tensor, batch: Batch): void;

  /** Stores the rows' keys and values in their caches: (T, H D + Hkv (D + Dv)). */
  storeKeysValues(qkv: Tensor, attention: AttentionLayer, batch: Batch): void;

  /**
   * Attention of the rows over their caches: (T, H D + Hkv (D + Dv)) or (T, H D) -> (T, H Dv).
   *
   * @param bias (distances, H) of each distance of key and row, from -(distances - 1) / 2 on. It is added to
   *   the scores, and distances beyond have that of the end.
   */
  attention(qkv: Tensor, attention: AttentionLayer, batch: Batch, bias?: Tensor, hook?: WeightsHook): Tensor;

  /** An activation function, element by element. One that needs a gate is an error. */
  activation(activation: Activation, x: Tensor, name?: string): Tensor;

  /** activation(gate) * up: (T, [gate | up]) -> (T, C) */
  gated(activation: Activation, x: Tensor, name?: string): Tensor;

  /** factor x, in the place of x. */
  scale(x: Tensor, factor: number): Tensor;

  /** c tanh(x / c), in the place of x. Without a bound c it is x. */
  softCap(x: Tensor, cap: number | undefined): Tensor;

  /**
   * Multiplies x, in place, with the columns of y from `first` on, or with one row for all: (T, C), (T, M) ->
   * (T, C)
   */
  multiply(x: Tensor, y: Tensor, first?: number): Tensor;

  /**
   * Chooses experts for each row: logits (T, E) -> K experts of E and their weights, and the slots T K by
   * expert.
   */
  route(logits: Tensor, router: Router): Routes;

  /** The rows of x, once for each of their experts, grouped by expert: (T, C) -> (T K, C). */
  dispatch(x: Tensor, routes: Routes): Tensor;

  /** Each grouped row through the matrix of its expert: (T K, C) -> (T K, N) */
  expertLinear(x: Tensor, experts: ExpertsLinear, routes: Routes): Tensor;

  /**
   * Adds scale times each grouped row through the matrix of its expert to the columns of out from `first` on,
   * in place: (T K, C) -> (T K, N) within (T K, M).
   */
  addExpertLinear(out: Tensor, x: Tensor, experts: ScaledExperts, routes: Routes): void;

  /** The sum of what the experts of a row give, times their weights: (T K, C) -> (T, C) */
  combine(y: Tensor, routes: Routes, name?: string): Tensor;

  /** sigmoid(gate) * x, in the place of x: (T, C) and (T, 1) -> (T, C) */
  gateRows(x: Tensor, gate: Tensor): Tensor;

  /** x + y. The sum takes the place of x unless `out` is given; the caller must not need x any more. */
  add(x: Tensor, y: Tensor, out?: Tensor): Tensor;

  /** As `add`: the residual stream x after a sublayer that adds y. */
  residual(name: string, x: Tensor, y: Tensor, out?: Tensor): Tensor;

  /** x as it is, which an observer sees under this name. */
  named(name: string, x: Tensor): Tensor;

  /** Drops elements of x, in place, while a model is trained; else x as it is. */
  dropout(x: Tensor): Tensor;

  /** As `dropout`, with its own rate and into a new tensor. */
  dropped(x: Tensor, rate: number): Tensor;

  /** `count` columns of x from column `first` on, copied: (T, C) -> (T, count) */
  columns(x: Tensor, first: number, count: number): Tensor;

  /** x without `count` columns from column `first` on, copied: (T, C) -> (T, C - count) */
  withoutColumns(x: Tensor, first: number, count: number): Tensor;

  /** silu(y) * x or sigmoid(y) * x, in the place of x, for the columns of y from `first` on: (T, C) */
  gate(x: Tensor, y: Tensor, first: number, activation: "silu" | "sigmoid"): Tensor;

  /** `count` rows of x from row `first` on, where they lie. */
  rows(x: Tensor, first: number, count: number): Tensor;

  /**
   * Chosen rows of x, in the order of the choice, copied: (T, C) -> (chosen, C). It is not differentiated.
   */
  gather(x: Tensor, chosen: readonly number[]): Tensor;

  /** The mean of the rows of each sequence, from its bound to the next one: (T, C) -> (sequences, C) */
  meanRows(x: Tensor, bounds: readonly number[]): Tensor;

  /**
   * The result of `work`, which makes one of x. In training it may keep x alone and do the work again when
   * its gradient is wanted (Chen et al. 2016): (T, C) -> (T, C)
   */
  recomputed(x: Tensor, work: () => Tensor): Tensor;

  /** The result of `work` in the place of x, with all memory released that `work` used. */
  update(x: Tensor, work: () => Tensor): Tensor;

  /** A tensor of these elements, row-major. */
  write(values: Float32Array, ...shape: number[]): Tensor;

  /** Integers, such as ids of rows. */
  ids(numbers: readonly number[]): Indices;

  /** The elements where they lie: valid until their memory is released. */
  view(x: Tensor): Float32Array;

  /** A copy of the elements that belongs to the caller. */
  read(x: Tensor): Float32Array;
}
