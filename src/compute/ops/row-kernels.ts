/**
 * Operations on whole rows of a tensor: chosen ones, means of some, what their softmax says, and products with
 * the lengths of the rows of weights.
 */
import { createIndices } from "../batch.ts";
import type { WeightChange } from "../decomposition.ts";
import { COPY, TRANSCENDENTAL } from "../kernels/costs.ts";
import { kernels, READING_NUMBERS } from "../kernels/table.ts";
import type { Runtime } from "../runtime.ts";
import {
  dimensions,
  expectShape,
  type Indices,
  isSameShape,
  type Matrix,
  rowsOf,
  type Tensor,
} from "../tensor.ts";
import { LatentKernels } from "./latent-kernels.ts";
import type { Embedding, Linear } from "./ops.ts";

export class RowKernels extends LatentKernels {
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

  meanRows(x: Tensor, bounds: readonly number[]): Tensor {
    const [rows, width] = dimensions(x);
    const { memory } = this.runtime;
    const out = this.tensor(bounds.length - 1, width);
    const [from, to] = [memory.f32(x.ptr, rows * width), this.view(out)];
    const [first = 0, ...ends] = bounds;
    let start = first;
    for (const [i, end] of ends.entries()) {
      const sums = new Float64Array(width);
      for (let j = start * width; j < end * width; j++)
        sums[j % width] = (sums[j % width] ?? 0) + (from[j] ?? 0);
      to.set(
        sums.map((sum) => sum / (end - start)),
        i * width,
      );
      start = end;
    }
    return out;
  }

  /** Softmax of every row: (T, C) -> (T, C) */
  softmax(x: Tensor): Tensor {
    const [rows, width] = dimensions(x);
    const out = this.tensor(rows, width);
    this.run(kernels.softmax, rows, TRANSCENDENTAL * width, { out: out.ptr, x: x.ptr, width });
    return out;
  }

  logSums(x: Tensor): Tensor {
    const [rows, width] = dimensions(x);
    const out = this.tensor(rows, 2);
    this.run(kernels.logSums, rows, TRANSCENDENTAL * width, { out: out.ptr, x: x.ptr, width });
    return out;
  }

  divergences(a: Tensor, b: Tensor): Tensor {
    const [rows, width] = dimensions(a);
    expectShape(isSameShape(a, b), () => `divergences: shapes ${a.shape} and ${b.shape}`);
    const out = this.tensor(rows, 1);
    const operands = { out: out.ptr, a: a.ptr, b: b.ptr, width };
    this.run(kernels.divergences, rows, 2 * TRANSCENDENTAL * width, operands);
    return out;
  }

  readLogits(x: Tensor, ids: Indices, top: number): Tensor {
    const [rows, width] = dimensions(x);
    const wanted = ids.length / rows;
    const fits = Number.isInteger(wanted) && top <= width;
    expectShape(fits, () => `readLogits: ${ids.length} ids and ${top} of shape ${x.shape}`);
    const out = this.tensor(rows, READING_NUMBERS + 2 * wanted + 2 * top);
    const operands = { out: out.ptr, x: x.ptr, ids: ids.ptr, wanted, top, width };
    this.run(kernels.readLogits, rows, TRANSCENDENTAL * width, operands);
    return out;
  }

  rescale(y: Tensor, first: number, magnitudes: Tensor, lengths: Tensor, bias: Tensor | undefined): void {
    const [rows, width] = dimensions(y);
    const [count = 0] = magnitudes.shape;
    this.temporarily(() => {
      const gains = this.tensor(count);
      const shifts = this.tensor(count);
      const [m, length] = [this.view(magnitudes), this.view(lengths)];
      const [gain, shift] = [this.view(gains), this.view(shifts)];
      const own = bias && this.view(bias);
      for (let i = 0; i < count; i++) {
        gain[i] = (m[i] as number) / (length[i] as number);
        shift[i] = (1 - (gain[i] as number)) * (own?.[first + i] ?? 0);
      }
      const at = y.ptr + first * 4;
      const factors = { y: gains.ptr, yWidth: 0 };
      this.run(kernels.multiply, rows, COPY * count, { x: at, xWidth: width, width: count, ...factors });
      if (own === undefined) return;
      const target = { target: at, targetWidth: width };
      const row = { x: shifts.ptr, xWidth: 0, width: count, scale: 1 };
      this.run(kernels.addScaled, rows, COPY * count, { ...target, ...row });
    });
  }
}

/** Operations that read rows of weights and multiply with weights. */
interface Products {
  embedding(table: Embedding, ids: Indices): Tensor;
  linear(x: Tensor, linear: Linear): Tensor;
  view(x: Tensor): Float32Array;
}

/**
 * |w + s b A|^2 = |w|^2 + 2 s b (A w) + s^2 b (A A^T) b^T for each row w of W and b of B. The products A W^T
 * and A A^T are as much work as a few rows of input. A row of zeros, which stays one, has the length 1.
 */
export function changedLengths(
  ops: Products,
  runtime: Runtime,
  weight: Matrix,
  { a, b, firstOutput, scale }: WeightChange,
  squares: Float64Array,
): Float64Array {
  const rowsOf = (matrix: Matrix) =>
    ops.embedding({ weight: matrix }, createIndices(runtime, [...Array(matrix.outputs).keys()]));
  const low = rowsOf(a);
  const [rank] = dimensions(low);
  const along = ops.view(ops.linear(low, { weight }));
  const between = ops.view(ops.linear(low, { weight: a }));
  const left = ops.view(rowsOf(b));
  return squares.map((square, output) => {
    let sum = square;
    for (let r = 0; r < rank; r++) {
      const factor = scale * (left[output * rank + r] ?? 0);
      let other = 2 * (along[r * weight.outputs + firstOutput + output] ?? 0);
      for (let q = 0; q < rank; q++) {
        other += scale * (left[output * rank + q] ?? 0) * (between[r * rank + q] ?? 0);
      }
      sum += factor * other;
    }
    return Math.sqrt(Math.max(0, sum)) || 1;
  });
}
