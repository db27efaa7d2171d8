import { COPY, NORM, TRANSCENDENTAL } from "../kernels/costs.ts";
import { kernels } from "../kernels/table.ts";
import type { Activation, DropoutRule, ElementActivation } from "../ops/ops.ts";
import { dimensions, elements, expectShape, type Tensor } from "../tensor.ts";
import { DecompositionGradients } from "./decomposition-gradients.ts";
import type { WeightGradients } from "./product-gradients.ts";

const activationKernels = {
  gelu_tanh: kernels.geluTanhGradient,
  gelu_erf: kernels.geluErfGradient,
  silu: kernels.siluGradient,
  relu: kernels.reluGradient,
  relu_squared: kernels.reluSquaredGradient,
  tanh: kernels.tanhGradient,
  quick_gelu: kernels.quickGeluGradient,
  relu6: kernels.relu6Gradient,
  sigmoid: kernels.sigmoidGradient,
} as const satisfies Readonly<Record<ElementActivation, unknown>>;

const gatedKernels = {
  gelu_tanh: kernels.gatedGeluTanhGradient,
  gelu_erf: kernels.gatedGeluErfGradient,
  silu: kernels.swigluGradient,
  relu: kernels.gatedReluGradient,
  relu_squared: kernels.gatedReluSquaredGradient,
  tanh: kernels.gatedTanhGradient,
  quick_gelu: kernels.gatedQuickGeluGradient,
  relu6: kernels.gatedRelu6Gradient,
  sigmoid: kernels.gatedSigmoidGradient,
  clamped_swiglu: kernels.clampedSwigluGradient,
} as const satisfies Readonly<Record<Activation, unknown>>;

/** Rows of a norm: all rows of a tensor, or some heads inside wider rows. */
export interface NormRows {
  readonly rows: number;
  readonly width: number;
  /** Rows that follow one another, and elements from one group of these to the next. */
  readonly groupSize: number;
  readonly groupStride: number;
  /** Elements before the first row. */
  readonly offset: number;
}

export class GradientOps extends DecompositionGradients {
  /** target += x, of the same shape. */
  accumulate(target: Tensor, x: Tensor): void {
    const count = elements(x.shape);
    expectShape(count === elements(target.shape), () => `gradient of shape ${x.shape} for ${target.shape}`);
    this.run(kernels.add, Math.ceil(count / 4), 4 * COPY, { out: target.ptr, a: target.ptr, b: x.ptr });
  }

  /** x *= the columns of y from `first` on; one row of y counts for all. */
  multiply(x: Tensor, y: Tensor, first: number): void {
    const [rows, width] = dimensions(x);
    const [others, columns] = dimensions(y);
    const yWidth = others === rows ? columns : 0;
    const factors = { y: y.ptr + first * 4, yWidth };
    this.run(kernels.multiply, rows, COPY * width, { x: x.ptr, xWidth: width, width, ...factors });
  }

  /** The sums over the rows of x y, element by element, are added to the vector at an address. */
  addRowProducts(target: number, x: Tensor, y: Tensor): void {
    this.temporarily(() => {
      const product = this.like(x);
      this.copy(product, x);
      this.multiply(product, y, 0);
      this.linearWeights({ weight: 0, bias: target }, product, product);
    });
  }

  /** The columns of the target from `first` on += x y, element by element. */
  addProduct(target: Tensor, x: Tensor, y: Tensor, first: number): void {
    const [rows, width] = dimensions(x);
    const [, targetWidth] = dimensions(target);
    this.temporarily(() => {
      const product = this.like(x);
      this.copy(product, x);
      this.multiply(product, y, 0);
      const columns = { target: target.ptr + first * 4, targetWidth, x: product.ptr, xWidth: width, width };
      this.run(kernels.addScaled, rows, COPY * width, { ...columns, scale: 1 });
    });
  }

  /** dx of each row becomes the gradient of its sequence's mean over the number of its rows. */
  meanRows(dx: Tensor, gradient: Tensor, bounds: readonly number[]): void {
    const [, width] = dimensions(dx);
    const [to, from] = [this.view(dx), this.view(gradient)];
    const [first = 0, ...ends] = bounds;
    let start = first;
    for (const [i, end] of ends.entries()) {
      const share = from.slice(i * width, (i + 1) * width).map((g) => g / (end - start));
      for (; start < end; start++) to.set(share, start * width);
    }
  }

  /** A tensor of the shape of x in scratch memory. Its elements are not cleared. */
  like(x: Tensor): Tensor {
    return this.tensor(...x.shape);
  }

  copy(target: Tensor, x: Tensor): void {
    const bytes = elements(x.shape) * 4;
    this.runtime.memory.bytes(target.ptr, bytes).set(this.runtime.memory.bytes(x.ptr, bytes));
  }

  /**
   * Layer norm if `centred`, else RMS norm. `gradient` becomes the gradient of x.
   *
   * @param weight [width], or [groupSize, width] with weights for each row of a group
   * @param at place of the rows in x and in the gradient
   */
  norm(
    gradient: Tensor,
    x: Tensor,
    weight: Tensor,
    targets: WeightGradients,
    at: NormRows,
    epsilon: number,
    centred: boolean,
  ): void {
    const [heads = 1] = weight.shape.length > 1 ? weight.shape : [];
    if (heads === 1) this.#norm(gradient, x, weight, targets, at, epsilon, centred);
    for (let head = 0; heads > 1 && head < heads; head++) {
      const bytes = head * at.width * 4;
      const moved = (ptr: number) => (ptr > 0 ? ptr + bytes : 0);
      const own = { weight: moved(targets.weight), bias: moved(targets.bias) };
      const [rows, offset] = [at.rows / heads, at.offset + head * at.width];
      const one = { rows, width: at.width, groupSize: 1, groupStride: at.groupStride, offset };
      this.#norm(gradient, x, { shape: [at.width], ptr: weight.ptr + bytes }, own, one, epsilon, centred);
    }
  }

  #norm(
    gradient: Tensor,
    x: Tensor,
    weight: Tensor,
    { weight: dWeight, bias: dBias }: WeightGradients,
    at: NormRows,
    epsilon: number,
    centred: boolean,
  ): void {
    const { rows, width, groupSize, groupStride, offset } = at;
    const own = { x: x.ptr + offset * 4, width, groupSize, groupStride };
    const dx = gradient.ptr + offset * 4;
    this.temporarily(() => {
      const statistics = this.tensor(rows, 2).ptr;
      this.run(kernels.normStatistics, rows, NORM * width, { out: statistics, ...own, epsilon, centred });
      if (dWeight + dBias > 0) {
        const sums = { dw: dWeight, db: dBias, dy: dx, ...own, statistics, rows };
        this.run(kernels.normWeightGradient, Math.ceil(width / 4), NORM * rows, sums);
      }
      const inputs = { gradient: dx, ...own, weight: weight.ptr, statistics, centred };
      this.run(kernels.normInputGradient, rows, 2 * NORM * width, inputs);
    });
  }

  /** `gradient` becomes the gradient of x. */
  activation(activation: ElementActivation, gradient: Tensor, x: Tensor): void {
    const groups = Math.ceil(elements(x.shape) / 4);
    const kernel = activationKernels[activation];
    this.run(kernel, groups, 4 * TRANSCENDENTAL, { gradient: gradient.ptr, x: x.ptr });
  }

  scale(gradient: Tensor, factor: number): void {
    const groups = Math.ceil(elements(gradient.shape) / 4);
    this.run(kernels.scale, groups, 4 * COPY, { out: gradient.ptr, x: gradient.ptr, factor });
  }

  /** `gradient` becomes the gradient of x. @param y c tanh(x / c) */
  softCap(gradient: Tensor, y: Tensor, cap: number): void {
    const groups = Math.ceil(elements(y.shape) / 4);
    this.run(kernels.softCapGradient, groups, 8 * COPY, { gradient: gradient.ptr, y: y.ptr, cap });
  }

  /** (T, F) -> (T, [gate | up]) */
  gated(activation: Activation, dx: Tensor, dy: Tensor, x: Tensor): void {
    const [rows, width] = dimensions(dy);
    const rowsOfX = { dx: dx.ptr, dy: dy.ptr, x: x.ptr, width };
    this.run(gatedKernels[activation], rows, 2 * TRANSCENDENTAL * width, rowsOfX);
  }

  /** Drops elements by a rule, in place. */
  dropout(x: Tensor, rule: DropoutRule): void {
    const groups = Math.ceil(elements(x.shape) / 4);
    this.run(kernels.dropout, groups, TRANSCENDENTAL, { x: x.ptr, rule: rule.ptr });
  }

  /**
   * Cross-entropy of every row, in nats. The logits become the gradient of the sum of the rows' losses, each
   * times its weight.
   *
   * @param targets class of each row, or NO_TARGET
   * @param weights one for each row
   * @returns the loss of each row without its weight; 0 without a target
   */
  crossEntropy(
    logits: Tensor,
    targets: readonly number[],
    weights: Float32Array,
    smoothing: number,
  ): Float32Array {
    const { memory } = this.runtime;
    const [rows, width] = dimensions(logits);
    const isWhole = targets.length === rows && weights.length === rows;
    expectShape(isWhole, () => `cross-entropy: ${targets.length} targets for ${rows} rows`);
    let losses = new Float32Array();
    this.temporarily(() => {
      const classes = this.tensor(rows).ptr;
      const factors = this.tensor(rows).ptr;
      const sums = this.tensor(rows).ptr;
      memory.u32(classes, rows).set(targets);
      memory.f32(factors, rows).set(weights);
      this.run(kernels.crossEntropy, rows, TRANSCENDENTAL * width, {
        logits: logits.ptr,
        targets: classes,
        weights: factors,
        losses: sums,
        width,
        smoothing,
      });
      losses = memory.f32(sums, rows).slice();
    });
    return losses;
  }
}
