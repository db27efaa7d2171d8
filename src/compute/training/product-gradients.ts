/** Gradients of matrix products and lookups. Gradients of weights are added to. */
import { COPY } from "../kernels/costs.ts";
import { KernelRunner } from "../kernels/kernel-runner.ts";
import { COMMON_INPUT, EXPANDED_CHUNK, GRADIENT_CHUNK, kernels, PANEL } from "../kernels/table.ts";
import {
  dimensions,
  type ExpandedDtype,
  expandedLayout,
  expectShape,
  type FloatLayout,
  type Indices,
  isExpandable,
  type Matrix,
  panelBytes,
  panels,
  type Tensor,
} from "../tensor.ts";

/** Bytes of a thread's scratch in the gradients of products. */
const CHUNK_BYTES = GRADIENT_CHUNK * PANEL * 4;

const INPUT_GRADIENTS = {
  f32: kernels.inputGradientF32,
  bf16: kernels.inputGradientBF16,
  f16: kernels.inputGradientF16,
} as const;

/** Outputs of a matrix that are summed at a time. */
interface OutputChunk {
  /** The first one among the columns of dY. */
  readonly from: number;
  /** The first one in the matrix, or in the piece of it. */
  readonly first: number;
  readonly count: number;
}

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
    const [, outputs] = dimensions(dy);
    expectShape(outputs === weight.outputs, () => "linear: the gradient does not fit the weights");
    let first = 0;
    for (const piece of weight.pieces ?? [weight]) {
      const { dtype } = piece;
      if (dtype === "mixed") throw new Error("a piece of a matrix is mixed");
      const step = isExpandable(dtype) ? EXPANDED_CHUNK : GRADIENT_CHUNK;
      for (let own = 0; own < piece.outputs; own += step) {
        const count = Math.min(step, piece.outputs - own);
        const chunk = { from: first + own, first: own, count };
        this.temporarily(() => {
          if (isExpandable(dtype)) this.#expandedInput(dx, dy, piece, dtype, chunk);
          else this.#floatInput(dx, dy, piece, dtype, chunk);
        });
      }
      first += piece.outputs;
    }
  }

  /** The gradients of a chunk of outputs, as both kernels take them. */
  #rowsOf(dy: Tensor, { from, first, count }: OutputChunk) {
    const [rows] = dimensions(dy);
    return { dy: this.interleaved(dy, from, count).ptr, rows, first, count, isAdded: from > 0 };
  }

  #floatInput(dx: Tensor, dy: Tensor, piece: Matrix, dtype: FloatLayout, chunk: OutputChunk): void {
    const { ptr: weights, inputs: k } = piece;
    const [rows] = dimensions(dy);
    this.run(INPUT_GRADIENTS[dtype], panels(k), rows * chunk.count * PANEL, {
      ...{ dx: dx.ptr, ...this.#rowsOf(dy, chunk), weights, k },
      scratch: this.scratch(CHUNK_BYTES),
    });
  }

  #expandedInput(dx: Tensor, dy: Tensor, piece: Matrix, dtype: ExpandedDtype, chunk: OutputChunk): void {
    const { ptr: weights, inputs: k } = piece;
    const [rows] = dimensions(dy);
    const { layout, inputs: unit } = expandedLayout(dtype);
    const scratchBytes = unit * (4 * EXPANDED_CHUNK + 4 * PANEL + COMMON_INPUT);
    this.run(kernels.inputGradientExpanded, k / unit, rows * chunk.count * unit, {
      ...{ dx: dx.ptr, ...this.#rowsOf(dy, chunk), weights, k },
      layout,
      panelBytes: panelBytes(k, dtype),
      unit,
      unitBytes: panelBytes(unit, dtype),
      scratch: this.scratch(scratchBytes),
      scratchBytes,
    });
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
