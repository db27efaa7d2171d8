/** Operations on whole rows of a tensor: chosen ones, means of some, and what their softmax says. */
import { TRANSCENDENTAL } from "../kernels/costs.ts";
import { kernels, READING_NUMBERS } from "../kernels/table.ts";
import { dimensions, expectShape, type Indices, isSameShape, rowsOf, type Tensor } from "../tensor.ts";
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
}
