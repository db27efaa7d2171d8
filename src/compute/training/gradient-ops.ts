/**
 * The backward half of every operation: from the gradient of the output to those of the inputs and weights. Gradients of weights
 * are added to; where the output has the shape of the input, its gradient becomes the input's where it lies.
 */
import type { Batch } from "../batch.ts";
import { COPY, NORM, TRANSCENDENTAL } from "../kernels/costs.ts";
import { KernelRunner, LARGEST_TILE } from "../kernels/kernel-runner.ts";
import type { KernelName } from "../kernels/kernels.ts";
import { BLOCK_POSITIONS, wholeBlocks } from "../memory/kv-cache.ts";
import type { Activation, AttentionLayer, DropoutRule, Heads, RotaryTable } from "../ops/ops.ts";
import type { Indices, Matrix, Tensor } from "../tensor.ts";
import { dimensions, elements, expectShape, panels } from "../tensor.ts";

/** As in assembly/training/matmul.ts. */
const STRETCH = 512;
const STRETCH_BYTES = STRETCH * 32;

const activationKernel: Readonly<Record<Activation, KernelName>> = {
  gelu_tanh: "geluTanhGradient",
  gelu_erf: "geluErfGradient",
  silu: "siluGradient",
};

/** Rows that a norm works on: all of a tensor, or some heads inside wider rows. */
export interface NormRows {
  readonly rows: number;
  readonly width: number;
  /** Rows that follow one another, and elements from one such group to the next. */
  readonly groupSize: number;
  readonly groupStride: number;
  /** Elements before the first row. */
  readonly offset: number;
}

/** Addresses of the gradients of weights; 0 where none is wanted. */
export interface WeightGradients {
  readonly weight: number;
  readonly bias: number;
}

/** Those that lie in these matrices. */
export const gradientsIn = (weight: Matrix, bias?: Matrix): WeightGradients => ({
  weight: weight.ptr,
  bias: bias?.ptr ?? 0,
});

export class GradientOps extends KernelRunner {
  /** target += x, of the same shape. */
  accumulate(target: Tensor, x: Tensor): void {
    const count = elements(x.shape);
    expectShape(count === elements(target.shape), () => `gradient of shape ${x.shape} for ${target.shape}`);
    this.run("add", Math.ceil(count / 4), 4 * COPY, target.ptr, target.ptr, x.ptr);
  }

  /** A tensor of the shape of x in scratch memory, which holds whatever was there before. */
  like(x: Tensor): Tensor {
    return this.tensor(...x.shape);
  }

  copy(target: Tensor, x: Tensor): void {
    const bytes = elements(x.shape) * 4;
    this.runtime.memory.bytes(target.ptr, bytes).set(this.runtime.memory.bytes(x.ptr, bytes));
  }

  /** The columns of x from `first` on times `scale`, as many as the target has. */
  columns(target: Tensor, x: Tensor, first: number, scale: number): void {
    const [rows, count] = dimensions(target);
    const [, width] = dimensions(x);
    this.runtime.memory.f32(target.ptr, rows * count).fill(0);
    this.run("addScaled", rows, COPY * count, target.ptr, count, x.ptr + first * 4, width, count, scale);
  }

  embedding(gradient: number, dx: Tensor, ids: Indices): void {
    const [rows, width] = dimensions(dx);
    this.run("embeddingGradient", width, COPY * rows, gradient, dx.ptr, ids.ptr, rows, width);
  }

  /** dX = dY W: (T, N) -> (T, C) */
  linearInput(dx: Tensor, dy: Tensor, weight: Matrix): void {
    const [rows, outputs] = dimensions(dy);
    const { inputs, dtype } = weight;
    expectShape(
      outputs === weight.outputs && dtype === "f32",
      () => "linear: the gradient does not fit the weights",
    );
    for (let first = 0; first < outputs; first += STRETCH) {
      const count = Math.min(STRETCH, outputs - first);
      this.temporarily(() => {
        const operand = this.interleaved(dy, first, count);
        const sizes = [rows, inputs, first, count];
        const parameters = [dx.ptr, operand.ptr, weight.ptr, ...sizes, this.scratch(STRETCH_BYTES)];
        this.run("inputGradient", panels(inputs), rows * count * 8, ...parameters);
      });
    }
  }

  /** dW += dY^T X, db += sum of the rows of dY. */
  linearWeights({ weight, bias }: WeightGradients, dy: Tensor, x: Tensor): void {
    const [rows, outputs] = dimensions(dy);
    const [, inputs] = dimensions(x);
    this.temporarily(() => {
      const operand = weight === 0 ? 0 : this.#interleavedColumns(x).ptr;
      const parameters = [weight, bias, dy.ptr, operand, rows, inputs, outputs, this.scratch(STRETCH_BYTES)];
      this.run("weightGradient", panels(outputs), rows * inputs * 8, ...parameters);
    });
  }

  /**
   * Layer norm where `centred`, else RMS norm; `gradient` becomes that of x.
   *
   * @param at where the rows lie, in x as in the gradient
   */
  norm(
    gradient: Tensor,
    x: Tensor,
    weight: Tensor,
    { weight: dWeight, bias: dBias }: WeightGradients,
    at: NormRows,
    epsilon: number,
    centred: boolean,
  ): void {
    const { rows, width, groupSize, groupStride, offset } = at;
    const [from, g] = [x.ptr + offset * 4, gradient.ptr + offset * 4];
    const group = [width, groupSize, groupStride];
    this.temporarily(() => {
      const statistics = this.tensor(rows, 2).ptr;
      const parameters = [statistics, from, ...group, epsilon, Number(centred)];
      this.run("normStatistics", rows, NORM * width, ...parameters);
      if (dWeight + dBias > 0) {
        const sums = [dWeight, dBias, g, from, statistics, rows, ...group];
        this.run("normWeightGradient", Math.ceil(width / 4), NORM * rows, ...sums);
      }
      const inputs = [g, from, weight.ptr, statistics, ...group, Number(centred)];
      this.run("normInputGradient", rows, 2 * NORM * width, ...inputs);
    });
  }

  /** `gradient` becomes that of x. */
  activation(activation: Activation, gradient: Tensor, x: Tensor): void {
    const groups = Math.ceil(elements(x.shape) / 4);
    this.run(activationKernel[activation], groups, 4 * TRANSCENDENTAL, gradient.ptr, x.ptr);
  }

  /** (T, F) -> (T, [gate | up]) */
  swiglu(dx: Tensor, dy: Tensor, x: Tensor): void {
    const [rows, width] = dimensions(dy);
    this.run("swigluGradient", rows, 2 * TRANSCENDENTAL * width, dx.ptr, dy.ptr, x.ptr, width);
  }

  /** Turns back, in place, what the rotary embedding turned. */
  rope(gradient: Tensor, heads: Heads, table: RotaryTable, batch: Batch): void {
    this.rotate(gradient, heads, table, batch, -1);
  }

  /** Of queries, keys and values. The segments of the batch are whole sequences: (T, H D) -> (T, (H + 2 Hkv) D) */
  attention(
    dqkv: Tensor,
    dy: Tensor,
    qkv: Tensor,
    { nHead, nKvHead, headDim, scale }: AttentionLayer,
    batch: Batch,
    dropout?: DropoutRule,
  ): void {
    const [rows] = dimensions(qkv);
    const { bounds } = batch;
    const longest = wholeBlocks(batch.longest);
    const scratchBytes = (2 * longest * headDim + 2 * BLOCK_POSITIONS * longest) * 4;
    const cost = (longest * longest * nHead * (3 * headDim + TRANSCENDENTAL)) / nKvHead;
    this.temporarily(() => {
      const tensors = [dqkv.ptr, dy.ptr, qkv.ptr, bounds.ptr, rows, nHead, nKvHead, headDim, scale, longest];
      const parameters = [...tensors, dropout?.ptr ?? 0, this.scratch(scratchBytes), scratchBytes];
      this.run("attentionGradient", (bounds.length - 1) * nKvHead, cost, ...parameters);
    });
  }

  /** Drops, in place, what the rule drops. */
  dropout(x: Tensor, rule: DropoutRule): void {
    this.run("dropout", Math.ceil(elements(x.shape) / 4), TRANSCENDENTAL, x.ptr, rule.ptr);
  }

  /**
   * Cross-entropy of every row, in nats; the logits become the gradient of its sum times `scale`.
   *
   * @param targets class of each row, or NO_TARGET
   * @returns the rows' losses, 0 where there is no target
   */
  crossEntropy(logits: Tensor, targets: readonly number[], smoothing: number, scale: number): Float32Array {
    const { memory } = this.runtime;
    const [rows, width] = dimensions(logits);
    expectShape(targets.length === rows, () => `cross-entropy: ${targets.length} targets for ${rows} rows`);
    let losses = new Float32Array();
    this.temporarily(() => {
      const classes = this.tensor(rows).ptr;
      const sums = this.tensor(rows).ptr;
      memory.u32(classes, rows).set(targets);
      const parameters = [logits.ptr, classes, sums, width, smoothing, scale];
      this.run("crossEntropy", rows, TRANSCENDENTAL * width, ...parameters);
      losses = memory.f32(sums, rows).slice();
    });
    return losses;
  }

  /** Columns in tiles, as the gradient of weights reads them; the last tile may lack columns. */
  #interleavedColumns(x: Tensor): Tensor {
    const [rows, width] = dimensions(x);
    const out = this.tensor(rows, width + LARGEST_TILE);
    this.run("interleaveColumns", this.#tiles(width), COPY * 4 * rows, out.ptr, x.ptr, rows, width);
    return out;
  }

  #tiles(rows: number): number {
    return Math.ceil(rows / (this.runtime.simd === "relaxed" ? LARGEST_TILE : 4));
  }
}

/** The target of a row without loss. */
export const NO_TARGET = 0xffffffff;
