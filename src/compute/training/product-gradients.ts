/** Gradients of matrix products and lookups. Gradients of weights are added to. */
import { COPY } from "../kernels/costs.ts";
import { KernelRunner } from "../kernels/kernel-runner.ts";
import { GRADIENT_CHUNK, kernels, PANEL } from "../kernels/table.ts";
import { dimensions, expectShape, type Indices, type Matrix, panels, type Tensor } from "../tensor.ts";

/** Bytes of a thread's scratch in the gradients of products. */
const CHUNK_BYTES = GRADIENT_CHUNK * PANEL * 4;

/** Addresses of the gradients of weights. 0: that gradient is not wanted. */
export interface WeightGradients {
  readonly weight: number;
  readonly bias: number;
}

/** Addresses of the gradients in these matrices. */
export const gradientsIn = (weight: Matrix, bias?: Matrix): WeightGradients => ({
  weight: weight.ptr,
  bias: bias?.ptr ?? 0,
});

export class ProductGradients extends KernelRunner {
  /** target = scale times the columns of x from `first` on. */
  columns(target: Tensor, x: Tensor, first: number, scale: number): void {
    const [rows, count] = dimensions(target);
    const [, width] = dimensions(x);
    this.runtime.memory.f32(target.ptr, rows * count).fill(0);
    this.run(kernels.addScaled, rows, COPY * count, {
      target: target.ptr,
      targetWidth: count,
      x: x.ptr + first * 4,
      xWidth: width,
      width: count,
      scale,
    });
  }

  /** Adds `count` columns of x from `first` on to those of the target from `to` on. */
  addColumns(target: Tensor, to: number, x: Tensor, first: number, count: number): void {
    const [rows, targetWidth] = dimensions(target);
    const [, xWidth] = dimensions(x);
    this.run(kernels.addScaled, rows, COPY * count, {
      target: target.ptr + to * 4,
      targetWidth,
      x: x.ptr + first * 4,
      xWidth,
      width: count,
      scale: 1,
    });
  }

  /** As `addColumns`, of columns that hold the even elements and then the odd ones of those of the target. */
  addPairs(target: Tensor, to: number, x: Tensor, first: number, count: number): void {
    const [rows, targetWidth] = dimensions(target);
    const [, xWidth] = dimensions(x);
    const [into, from] = [this.view(target), this.view(x)];
    for (let row = 0; row < rows; row++) {
      const [begin, own] = [row * targetWidth + to, row * xWidth + first];
      for (let i = 0; i < count; i++) {
        const place = begin + i;
        into[place] = (into[place] ?? 0) + (from[own + (i >> 1) + (i % 2) * (count >> 1)] ?? 0);
      }
    }
  }

  /** Adds each row of dX to the row of its id. */
  embedding(gradient: number, dx: Tensor, ids: Indices): void {
    const [rows, width] = dimensions(dx);
    this.run(kernels.embeddingGradient, width, COPY * rows, {
      gradient,
      dx: dx.ptr,
      ids: ids.ptr,
      rows,
      width,
    });
  }

  /** dX = dY W: (T, N) -> (T, C) */
  linearInput(dx: Tensor, dy: Tensor, weight: Matrix): void {
    const [rows, outputs] = dimensions(dy);
    const { inputs, dtype } = weight;
    expectShape(
      outputs === weight.outputs && dtype === "f32",
      () => "linear: the gradient does not fit the weights",
    );
    for (let first = 0; first < outputs; first += GRADIENT_CHUNK) {
      const count = Math.min(GRADIENT_CHUNK, outputs - first);
      this.temporarily(() => {
        this.run(kernels.inputGradient, panels(inputs), rows * count * PANEL, {
          dx: dx.ptr,
          dy: this.interleaved(dy, first, count).ptr,
          weights: weight.ptr,
          rows,
          k: inputs,
          first,
          count,
          scratch: this.scratch(CHUNK_BYTES),
        });
      });
    }
  }

  /** dW += dY^T X, db += sum of the rows of dY */
  linearWeights({ weight, bias }: WeightGradients, dy: Tensor, x: Tensor): void {
    const [rows, outputs] = dimensions(dy);
    const [, inputs] = dimensions(x);
    this.temporarily(() => {
      this.run(kernels.weightGradient, panels(outputs), rows * inputs * PANEL, {
        dw: weight,
        db: bias,
        dy: dy.ptr,
        x: weight === 0 ? 0 : this.#interleavedColumns(x).ptr,
        rows,
        k: inputs,
        n: outputs,
        scratch: this.scratch(CHUNK_BYTES),
      });
    });
  }

  /** Columns interleaved in tiles for the gradient of weights. The last tile may lack columns. */
  #interleavedColumns(x: Tensor): Tensor {
    const [rows, width] = dimensions(x);
    const out = this.tensor(rows, width + this.tile);
    const tiles = Math.ceil(width / this.tile);
    this.run(kernels.interleaveColumns, tiles, COPY * 4 * rows, { out: out.ptr, x: x.ptr, rows, k: width });
    return out;
  }
}
