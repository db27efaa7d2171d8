/** Operations on chosen rows of a tensor. They move numbers, and need no kernels of their own. */
import { dimensions, rowsOf, type Tensor } from "../tensor.ts";
import { LatentKernels } from "./latent-kernels.ts";

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
}
