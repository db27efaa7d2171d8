/**
 * The operations of a decoder as kernels. Each checks shapes, allocates its output in scratch memory and runs
 * a kernel on all threads. Arguments are plain object literals: with a spread V8 takes microseconds to make
 * one.
 */
import { createIndices } from "../batch.ts";
import type { WeightChange } from "../decomposition.ts";
import { ACTIVATION_KERNELS, GATED_KERNELS } from "../kernels/activations.ts";
import { COPY, NORM, TRANSCENDENTAL } from "../kernels/costs.ts";
import { kernels, PANEL } from "../kernels/table.ts";
import { isQuantized } from "../packing/quantized-layouts.ts";
import type { Indices, Matrix, Tensor } from "../tensor.ts";
import { dimensions, elements, expectShape, isSameShape, panels, readBytes } from "../tensor.ts";
import { type Activation, type Embedding, type Linear, type Norm, normWidth, type Ops } from "./ops.ts";
import { changedLengths, RowKernels } from "./row-kernels.ts";

const LOOKUPS = {
  f32: kernels.embeddingF32,
  bf16: kernels.embeddingBF16,
  f16: kernels.embeddingF16,
} as const;
const PRODUCTS = { f32: kernels.matmulF32, bf16: kernels.matmulBF16, f16: kernels.matmulF16 } as const;

export class KernelOps extends RowKernels implements Ops {
  at(_stage: number): Ops {
    return this;
  }

  take(x: Tensor): Promise<Tensor> {
    return Promise.resolve(x);
  }

  embedding({ weight }: Embedding, ids: Indices): Tensor {
    const out = this.tensor(ids.length, weight.inputs);
    const { dtype, inputs: width } = weight;
    if (dtype === "mixed" || dtype === "nf4") throw new Error(`no kernel looks up rows of ${dtype}`);
    const cost = COPY * width;
    const lookup = { out: out.ptr, weights: weight.ptr, ids: ids.ptr, width };
    if (isQuantized(dtype)) this.lookUpQuantized(out, weight, dtype, ids);
    else this.run(LOOKUPS[dtype], ids.length, cost, lookup);
    return out;
  }

  linear(x: Tensor, layer: Linear): Tensor {
    const [rows, width] = dimensions(x);
    const { outputs: n, inputs: k, dtype, ptr: weights, pieces } = layer.weight;
    expectShape(width === k, () => `linear: ${k} inputs, got ${width}`);
    const y = this.tensor(rows, n);
    this.temporarily(() => {
      const bias = layer.bias?.ptr ?? 0;
      if (isQuantized(dtype)) return this.multiplyQuantized(y, x, layer.weight, dtype, bias);
      if (dtype === "nf4") return this.multiplyExpanded(y, x, layer.weight, dtype, bias);
      if (dtype === "mixed") return this.multiplyPieces(y, x, pieces ?? [], bias);
      const operand = rows === 1 ? x : this.interleaved(x);
      // To read a weight takes as long as to multiply it with as many rows as it has bytes.
      const cost = Math.max(rows * k * PANEL, readBytes(k, dtype));
      const scratchBytes = this.widenedBytes(dtype, rows, k);
      const scratch = scratchBytes === 0 ? 0 : this.scratch(scratchBytes);
      const product = { out: y.ptr, x: operand.ptr, weights, bias, rows, k, n, scratch, scratchBytes };
      this.run(PRODUCTS[dtype], panels(n), cost, product);
    });
    return y;
  }

  addLinear(out: Tensor, x: Tensor, weight: Matrix, first: number, scale: number): void {
    this.addColumns(out, first, scale, () => this.linear(x, { weight }));
  }

  rowLengths(weight: Matrix, change: WeightChange, squares: Float64Array): Tensor {
    const out = this.tensor(change.b.outputs);
    this.temporarily(() => this.view(out).set(changedLengths(this, this.runtime, weight, change, squares)));
    return out;
  }

  normalize(x: Tensor, norm: Norm): Tensor {
    const [rows, width] = dimensions(x);
    const out = this.tensor(rows, width);
    this.#normalize(out.ptr, x.ptr, norm, rows, 1, width);
    return out;
  }

  normalizeHeads(x: Tensor, norm: Norm, first: number, count: number): void {
    const [rows, width] = dimensions(x);
    const ptr = x.ptr + first * normWidth(norm) * 4;
    this.#normalize(ptr, ptr, norm, rows, count, width);
  }

  /**
   * Normalises `groupSize` vectors of each row, which lies `groupStride` elements after the row before it.
   */
  #normalize(out: number, x: number, norm: Norm, rows: number, groupSize: number, groupStride: number): void {
    const width = normWidth(norm);
    const { weight, epsilon } = norm;
    const weightStride = weight.shape.length > 1 ? width : 0;
    const items = rows * groupSize;
    if (norm.bias) {
      const [w, bias] = [weight.ptr, norm.bias.ptr];
      const vectors = { out, x, weight: w, bias, width, groupSize, groupStride, weightStride, epsilon };
      this.run(kernels.layerNorm, items, NORM * width, vectors);
    } else {
      const vectors = { out, x, weight: weight.ptr, width, groupSize, groupStride, weightStride, epsilon };
      this.run(kernels.rmsNorm, items, NORM * width, vectors);
    }
  }

  activation(activation: Activation, x: Tensor): Tensor {
    if (activation === "clamped_swiglu") throw new Error("clamped_swiglu needs a gate");
    const out = this.tensor(...x.shape);
    const groups = Math.ceil(elements(x.shape) / 4);
    this.run(ACTIVATION_KERNELS[activation], groups, 4 * TRANSCENDENTAL, { out: out.ptr, x: x.ptr });
    return out;
  }

  gated(activation: Activation, x: Tensor): Tensor {
    const [rows, both] = dimensions(x);
    const width = both / 2;
    const out = this.tensor(rows, width);
    this.run(GATED_KERNELS[activation], rows, TRANSCENDENTAL * width, { out: out.ptr, x: x.ptr, width });
    return out;
  }

  scale(x: Tensor, factor: number): Tensor {
    if (factor === 1) return x;
    const groups = Math.ceil(elements(x.shape) / 4);
    this.run(kernels.scale, groups, 4 * COPY, { out: x.ptr, x: x.ptr, factor });
    return x;
  }

  softCap(x: Tensor, cap: number | undefined): Tensor {
    if (cap === undefined) return x;
    const groups = Math.ceil(elements(x.shape) / 4);
    this.run(kernels.softCap, groups, 4 * TRANSCENDENTAL, { out: x.ptr, x: x.ptr, cap });
    return x;
  }

  multiply(x: Tensor, y: Tensor, first = 0): Tensor {
    const [rows, width] = dimensions(x);
    const [others, yWidth] = dimensions(y);
    const fits = (rows === others || others === 1) && first + width <= yWidth;
    expectShape(fits, () => `multiply: shapes ${x.shape} and ${y.shape} from column ${first}`);
    const stride = others === rows ? yWidth : 0;
    this.run(kernels.multiply, rows, COPY * width, {
      x: x.ptr,
      xWidth: width,
      width,
      y: y.ptr + first * 4,
      yWidth: stride,
    });
    return x;
  }

  add(x: Tensor, y: Tensor, out = x): Tensor {
    expectShape(isSameShape(x, y), () => `add: shapes ${x.shape} and ${y.shape}`);
    const groups = Math.ceil(elements(x.shape) / 4);
    this.run(kernels.add, groups, 4 * COPY, { out: out.ptr, a: x.ptr, b: y.ptr });
    return out;
  }

  residual(_name: string, x: Tensor, y: Tensor, out = x): Tensor {
    return this.add(x, y, out);
  }

  named(_name: string, x: Tensor): Tensor {
    return x;
  }

  dropout(x: Tensor): Tensor {
    return x;
  }

  dropped(x: Tensor, _rate: number): Tensor {
    return x;
  }

  recomputed(_x: Tensor, work: () => Tensor): Tensor {
    return work();
  }

  update(x: Tensor, work: () => Tensor): Tensor {
    const { scratch, memory } = this.runtime;
    const mark = scratch.mark();
    try {
      const result = work();
      expectShape(isSameShape(x, result), () => `update: shapes ${x.shape} and ${result.shape}`);
      const length = elements(x.shape);
      if (result.ptr !== x.ptr) memory.f32(x.ptr, length).set(memory.f32(result.ptr, length));
      return x;
    } finally {
      scratch.release(mark);
    }
  }

  write(values: Float32Array, ...shape: number[]): Tensor {
    expectShape(values.length === elements(shape), () => `write: ${values.length} values of shape ${shape}`);
    const out = this.tensor(...shape);
    this.view(out).set(values);
    return out;
  }

  ids(numbers: readonly number[]): Indices {
    return createIndices(this.runtime, numbers);
  }

  read(x: Tensor): Float32Array {
    return this.view(x).slice();
  }
}
