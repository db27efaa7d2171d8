/** Gradients of weights whose rows have lengths of their own (../decomposition.ts). */
import { COPY } from "../kernels/costs.ts";
import { kernels } from "../kernels/table.ts";
import { dimensions, type Matrix, matrixBytes, type Tensor } from "../tensor.ts";
import { StreamGradients } from "./stream-gradients.ts";

/** Rows of a matrix that are read at a time: whole panels. */
const UNIT_ROWS = 32;

export class DecompositionGradients extends StreamGradients {
  /**
   * The squares of the lengths of the rows of a matrix of any type. The rows are the input gradient of rows of
   * the unit matrix.
   */
  rowSquares(weight: Matrix): Float64Array {
    const squares = new Float64Array(weight.outputs);
    let first = 0;
    for (const piece of weight.pieces ?? [weight]) {
      const bytes = matrixBytes(UNIT_ROWS, piece.inputs, piece.dtype);
      for (let own = 0; own < piece.outputs; own += UNIT_ROWS) {
        const count = Math.min(UNIT_ROWS, piece.outputs - own);
        const slice = { ...piece, outputs: count, ptr: piece.ptr + (own / UNIT_ROWS) * bytes };
        this.temporarily(() => {
          const unit = this.tensor(count, count);
          this.view(unit).set(
            Float32Array.from({ length: count * count }, (_, i) => Number(i % (count + 1) === 0)),
          );
          const rows = this.tensor(count, piece.inputs);
          this.linearInput(rows, unit, slice);
          const values = this.view(rows);
          for (let row = 0, at = 0; row < count; row++) {
            let sum = 0;
            for (const end = at + piece.inputs; at < end; at++) sum += (values[at] as number) ** 2;
            squares[first + own + row] = sum;
          }
        });
      }
      first += piece.outputs;
    }
    return squares;
  }

  /** A copy of `count` columns of y from `first` on, less the bias of y. */
  columnsWithout(y: Tensor, first: number, count: number, bias: Tensor | undefined): Tensor {
    const [rows] = dimensions(y);
    const out = this.tensor(rows, count);
    this.columns(out, y, first, 1);
    if (bias === undefined) return out;
    const target = { target: out.ptr, targetWidth: count };
    const row = { x: bias.ptr + first * 4, xWidth: 0, width: count, scale: -1 };
    this.run(kernels.addScaled, rows, COPY * count, { ...target, ...row });
    return out;
  }

  /**
   * `gradient` becomes that of y before the lengths changed: g m / length. The gradient of m, the sum over the
   * rows of g before / length, is added to the vector at an address, if that is not 0.
   */
  rescale(
    gradient: Tensor,
    before: Tensor,
    first: number,
    magnitudes: Tensor,
    lengths: Tensor,
    target: number,
  ): void {
    const [rows, width] = dimensions(gradient);
    const [, count] = dimensions(before);
    this.temporarily(() => {
      const gains = this.tensor(count);
      const [m, length, gain] = [this.view(magnitudes), this.view(lengths), this.view(gains)];
      for (let i = 0; i < count; i++) gain[i] = (m[i] as number) / (length[i] as number);
      const own = this.tensor(rows, count);
      this.columns(own, gradient, first, 1);
      const multiply = (x: number, xWidth: number, y: number, yWidth: number) =>
        this.run(kernels.multiply, rows, COPY * count, { x, xWidth, width: count, y, yWidth });
      multiply(gradient.ptr + first * 4, width, gains.ptr, 0);
      if (target === 0) return;
      multiply(own.ptr, count, before.ptr, count);
      const sums = this.tensor(count);
      this.view(sums).fill(0);
      this.linearWeights({ weight: 0, bias: sums.ptr }, own, own);
      const [sum, slope] = [this.view(sums), this.runtime.memory.f32(target, count)];
      for (let i = 0; i < count; i++)
        slope[i] = (slope[i] as number) + (sum[i] as number) / (length[i] as number);
    });
  }
}
