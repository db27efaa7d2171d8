/** The operations of a decoder as kernels. Each checks shapes, allocates its output in scratch memory and runs a kernel on all threads. */

import { COPY, NORM, TRANSCENDENTAL } from "../kernels/costs.ts";
import type { KernelName } from "../kernels/kernels.ts";
import {
  INPUT_BLOCK,
  isQuantized,
  layoutArguments,
  type QuantizedDtype,
} from "../packing/quantized-layouts.ts";
import type { Indices, Matrix, Tensor } from "../tensor.ts";
import { dimensions, elements, expectShape, isSameShape, matrixBytes, panels, rowsOf } from "../tensor.ts";
import { AttentionKernels } from "./attention-kernels.ts";
import type { Activation, Embedding, Linear, Norm, Ops } from "./ops.ts";

/** As in assembly/quantized/rows.ts; the words are those of the build that needs more. */
const QUANTIZED_TILE = 4;
const SINGLE_ROWS = 2;
const INPUT_BLOCK_WORDS = 21;

const activationKernel: Readonly<Record<Activation, KernelName>> = {
  gelu_tanh: "geluTanh",
  gelu_erf: "geluErf",
  silu: "silu",
};

/** The kernels that read weights, and the last of their arguments. */
interface WeightKernels {
  readonly matmul: KernelName;
  readonly embedding: KernelName;
  readonly form: readonly number[];
}

function weightKernels({ dtype }: Matrix): WeightKernels {
  if (dtype === "f32") return { matmul: "matmulF32", embedding: "embeddingF32", form: [] };
  if (dtype === "bf16") return { matmul: "matmulBF16", embedding: "embeddingBF16", form: [] };
  return { matmul: "matmulQuantized", embedding: "embeddingQuantized", form: layoutArguments(dtype) };
}

export class KernelOps extends AttentionKernels implements Ops {
  at(_stage: number): Ops {
    return this;
  }

  take(x: Tensor): Promise<Tensor> {
    return Promise.resolve(x);
  }

  embedding({ weight }: Embedding, ids: Indices): Tensor {
    const out = this.tensor(ids.length, weight.inputs);
    const { embedding, form } = weightKernels(weight);
    const cost = COPY * weight.inputs;
    this.run(embedding, ids.length, cost, out.ptr, weight.ptr, ids.ptr, weight.inputs, ...form);
    return out;
  }

  linear(x: Tensor, { weight, bias }: Linear): Tensor {
    const [rows, width] = dimensions(x);
    const { outputs, inputs } = weight;
    expectShape(width === inputs, () => `linear: ${inputs} inputs, got ${width}`);
    const { matmul, form } = weightKernels(weight);
    const out = this.tensor(rows, outputs);
    this.temporarily(() => {
      const operand = this.#operand(x, weight);
      const parameters = [out.ptr, operand.ptr, weight.ptr, bias?.ptr ?? 0, rows, inputs, outputs, ...form];
      // A weight takes as long to read as to multiply with as many rows as it has bytes.
      const cost = Math.max(rows * inputs * 8, matrixBytes(8, inputs, weight.dtype));
      this.run(matmul, panels(outputs), cost, ...parameters);
    });
    return out;
  }

  addLinear(out: Tensor, x: Tensor, weight: Matrix, first: number, scale: number): void {
    const [rows, width] = dimensions(out);
    const { outputs } = weight;
    expectShape(first + outputs <= width, () => `addLinear: ${first} + ${outputs} outputs of ${width}`);
    this.temporarily(() => {
      const product = this.linear(x, { weight });
      const target = out.ptr + first * 4;
      this.run("addScaled", rows, COPY * outputs, target, width, product.ptr, outputs, outputs, scale);
    });
  }

  /** The rows as the product with this weight reads them. */
  #operand(x: Tensor, { dtype }: Matrix): Tensor {
    if (isQuantized(dtype)) return this.quantizeRows(x, dtype);
    return dimensions(x)[0] === 1 ? x : this.interleaved(x);
  }

  /** Rows in tiles of integers and scales, as the product with quantized weights reads them (assembly/quantized/rows.ts). */
  quantizeRows(x: Tensor, dtype: QuantizedDtype): Tensor {
    const [rows, width] = dimensions(x);
    const tile = rows <= SINGLE_ROWS ? 1 : QUANTIZED_TILE;
    const out = this.tensor(rows + tile, (width / INPUT_BLOCK) * INPUT_BLOCK_WORDS);
    this.run("quantizeRows", rows, NORM * width, out.ptr, x.ptr, width, tile, ...layoutArguments(dtype));
    return out;
  }

  normalize(x: Tensor, { weight, bias, epsilon }: Norm): Tensor {
    const [rows, width] = dimensions(x);
    const out = this.tensor(rows, width);
    const cost = NORM * width;
    if (bias) this.run("layerNorm", rows, cost, out.ptr, x.ptr, weight.ptr, bias.ptr, width, epsilon);
    else this.run("rmsNorm", rows, cost, out.ptr, x.ptr, weight.ptr, width, 1, width, epsilon);
    return out;
  }

  normalizeHeads(x: Tensor, { weight, epsilon }: Norm, first: number, count: number): void {
    const [rows, width] = dimensions(x);
    const headDim = elements(weight.shape);
    const ptr = x.ptr + first * headDim * 4;
    this.run("rmsNorm", rows * count, NORM * headDim, ptr, ptr, weight.ptr, headDim, count, width, epsilon);
  }

  activation(activation: Activation, x: Tensor): Tensor {
    const out = this.tensor(...x.shape);
    const kernel = activationKernel[activation];
    this.run(kernel, Math.ceil(elements(x.shape) / 4), 4 * TRANSCENDENTAL, out.ptr, x.ptr);
    return out;
  }

  swiglu(x: Tensor): Tensor {
    const [rows, both] = dimensions(x);
    const out = this.tensor(rows, both / 2);
    this.run("swiglu", rows, (TRANSCENDENTAL * both) / 2, out.ptr, x.ptr, both / 2);
    return out;
  }

  add(x: Tensor, y: Tensor, out = x): Tensor {
    expectShape(isSameShape(x, y), () => `add: shapes ${x.shape} and ${y.shape}`);
    this.run("add", Math.ceil(elements(x.shape) / 4), 4 * COPY, out.ptr, x.ptr, y.ptr);
    return out;
  }

  residual(_name: string, x: Tensor, y: Tensor, out = x): Tensor {
    return this.add(x, y, out);
  }

  /** Softmax of every row: (T, C) -> (T, C) */
  softmax(x: Tensor): Tensor {
    const [rows, width] = dimensions(x);
    const out = this.tensor(rows, width);
    this.run("softmax", rows, TRANSCENDENTAL * width, out.ptr, x.ptr, width);
    return out;
  }

  dropout(x: Tensor): Tensor {
    return x;
  }

  dropped(x: Tensor, _rate: number): Tensor {
    return x;
  }

  rows(x: Tensor, first: number, count: number): Tensor {
    return rowsOf(x, first, count);
  }

  gather(x: Tensor, chosen: readonly number[]): Tensor {
    const [rows, width] = dimensions(x);
    const { memory } = this.runtime;
    const out = this.tensor(chosen.length, width);
    const from = memory.f32(x.ptr, rows * width);
    const to = memory.f32(out.ptr, chosen.length * width);
    for (const [i, row] of chosen.entries()) to.set(from.subarray(row * width, (row + 1) * width), i * width);
    return out;
  }

  update(x: Tensor, work: () => Tensor): Tensor {
    const { scratch, memory } = this.runtime;
    const mark = scratch.mark();
    const result = work();
    expectShape(isSameShape(x, result), () => `update: shapes ${x.shape} and ${result.shape}`);
    const length = elements(x.shape);
    if (result.ptr !== x.ptr) memory.f32(x.ptr, length).set(memory.f32(result.ptr, length));
    scratch.release(mark);
    return x;
  }

  read(x: Tensor): Float32Array {
    return this.view(x).slice();
  }
}
