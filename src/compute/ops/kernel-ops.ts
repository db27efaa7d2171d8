/**
 * The operations a decoder is written in. Each checks shapes, allocates its output in scratch memory and runs a kernel
 * on all threads. In shape comments: T rows, C width, N outputs, H heads, D head dimension.
 */

import { COPY, NORM, TRANSCENDENTAL } from "../kernels/costs.ts";
import type { KernelName } from "../kernels/kernels.ts";
import {
  INPUT_BLOCK,
  isQuantized,
  layoutArguments,
  type QuantizedDtype,
} from "../packing/quantized-layouts.ts";
import type { Indices, Matrix, Tensor } from "../tensor.ts";
import { dimensions, elements, expectShape, isSameShape, matrixBytes, panels } from "../tensor.ts";
import { AttentionOps } from "./attention-ops.ts";

/** GELU in its tanh approximation and its exact (erf) form (Hendrycks & Gimpel 2016); SiLU (Elfwing et al. 2017). */
export type Activation = "gelu_tanh" | "gelu_erf" | "silu";

/** As in assembly/quantized-rows.ts; the words are those of the build that needs more. */
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

export class Ops extends AttentionOps {
  /** Rows of a table: (T) -> (T, C). Every id must be below the table's number of outputs. */
  embedding(table: Matrix, ids: Indices): Tensor {
    const out = this.tensor(ids.length, table.inputs);
    const { embedding, form } = weightKernels(table);
    this.run(embedding, ids.length, COPY * table.inputs, out.ptr, table.ptr, ids.ptr, table.inputs, ...form);
    return out;
  }

  /** x W^T + b: (T, C) -> (T, N). */
  linear(x: Tensor, weight: Matrix, bias?: Tensor): Tensor {
    return this.#product(x, weight, bias);
  }

  /** Adds scale x W^T to the columns of out from `first` on, in place: (T, C) -> (T, N) within (T, M). */
  addLinear(out: Tensor, x: Tensor, weight: Matrix, first: number, scale: number): void {
    const [rows, width] = dimensions(out);
    const { outputs } = weight;
    expectShape(first + outputs <= width, () => `addLinear: ${first} + ${outputs} outputs of ${width}`);
    this.temporarily(() => {
      const product = this.#product(x, weight);
      const target = out.ptr + first * 4;
      this.run("addScaled", rows, COPY * outputs, target, width, product.ptr, outputs, outputs, scale);
    });
  }

  #product(x: Tensor, weight: Matrix, bias?: Tensor): Tensor {
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

  /** The rows as the product with such weights reads them. */
  #operand(x: Tensor, { dtype }: Matrix): Tensor {
    if (isQuantized(dtype)) return this.quantizeRows(x, dtype);
    return dimensions(x)[0] === 1 ? x : this.interleaved(x);
  }

  /** Rows in tiles of integers and scales, as the product with such weights reads them (assembly/quantized-rows.ts). */
  quantizeRows(x: Tensor, dtype: QuantizedDtype): Tensor {
    const [rows, width] = dimensions(x);
    const tile = rows <= SINGLE_ROWS ? 1 : QUANTIZED_TILE;
    const out = this.tensor(rows + tile, (width / INPUT_BLOCK) * INPUT_BLOCK_WORDS);
    this.run("quantizeRows", rows, NORM * width, out.ptr, x.ptr, width, tile, ...layoutArguments(dtype));
    return out;
  }

  /** (T, C) -> (T, C) */
  layerNorm(x: Tensor, weight: Tensor, bias: Tensor, epsilon: number): Tensor {
    const [rows, width] = dimensions(x);
    const out = this.tensor(rows, width);
    this.run("layerNorm", rows, NORM * width, out.ptr, x.ptr, weight.ptr, bias.ptr, width, epsilon);
    return out;
  }

  /** (T, C) -> (T, C) */
  rmsNorm(x: Tensor, weight: Tensor, epsilon: number): Tensor {
    const [rows, width] = dimensions(x);
    const out = this.tensor(rows, width);
    this.run("rmsNorm", rows, NORM * width, out.ptr, x.ptr, weight.ptr, width, 1, width, epsilon);
    return out;
  }

  /** RMS norm, in place, of `count` heads of every row from head `first` on: (T, heads D). */
  rmsNormHeads(x: Tensor, first: number, count: number, weight: Tensor, epsilon: number): void {
    const [rows, width] = dimensions(x);
    const headDim = elements(weight.shape);
    const ptr = x.ptr + first * headDim * 4;
    this.run("rmsNorm", rows * count, NORM * headDim, ptr, ptr, weight.ptr, headDim, count, width, epsilon);
  }

  /** An activation function, element by element. */
  activation(activation: Activation, x: Tensor): Tensor {
    const out = this.tensor(...x.shape);
    const kernel = activationKernel[activation];
    this.run(kernel, Math.ceil(elements(x.shape) / 4), 4 * TRANSCENDENTAL, out.ptr, x.ptr);
    return out;
  }

  /** silu(gate) * up: (T, [gate | up]) -> (T, C) */
  swiglu(x: Tensor): Tensor {
    const [rows, both] = dimensions(x);
    const out = this.tensor(rows, both / 2);
    this.run("swiglu", rows, (TRANSCENDENTAL * both) / 2, out.ptr, x.ptr, both / 2);
    return out;
  }

  /** a + b of the same shape; nothing else is to need a, whose place it takes unless another is given. */
  add(a: Tensor, b: Tensor, out = a): Tensor {
    expectShape(isSameShape(a, b), () => `add: shapes ${a.shape} and ${b.shape}`);
    this.run("add", Math.ceil(elements(a.shape) / 4), 4 * COPY, out.ptr, a.ptr, b.ptr);
    return out;
  }

  /** Softmax of every row: (T, C) -> (T, C) */
  softmax(x: Tensor): Tensor {
    const [rows, width] = dimensions(x);
    const out = this.tensor(rows, width);
    this.run("softmax", rows, TRANSCENDENTAL * width, out.ptr, x.ptr, width);
    return out;
  }

  /** Drops elements while a model is trained (RecordingOps); x as it is otherwise. */
  dropout(x: Tensor): Tensor {
    return x;
  }

  /** As `dropout`, but at a rate of its own and beside x, which stays as it is. */
  dropped(x: Tensor, _rate: number): Tensor {
    return x;
  }

  /** `count` rows of x from row `first` on, where they lie. */
  rows(x: Tensor, first: number, count: number): Tensor {
    const [, width] = dimensions(x);
    return { shape: [count, width], ptr: x.ptr + first * width * 4 };
  }

  /** Chosen rows of x, in the order of the choice, copied: (T, C) -> (chosen, C). Training does not see it. */
  gather(x: Tensor, chosen: readonly number[]): Tensor {
    const [rows, width] = dimensions(x);
    const { memory } = this.runtime;
    const out = this.tensor(chosen.length, width);
    const from = memory.f32(x.ptr, rows * width);
    const to = memory.f32(out.ptr, chosen.length * width);
    for (const [i, row] of chosen.entries()) to.set(from.subarray(row * width, (row + 1) * width), i * width);
    return out;
  }

  /** What `work` makes of x, in its place, with all memory released that `work` used. */
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

  /** The caller's own copy of a tensor's elements. */
  read(x: Tensor): Float32Array {
    return this.runtime.memory.f32(x.ptr, elements(x.shape)).slice();
  }
}
