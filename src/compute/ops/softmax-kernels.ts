/** Softmax of rows of logits, and what is known of it without its probabilities. */
import { TRANSCENDENTAL } from "../kernels/costs.ts";
import { kernels } from "../kernels/table.ts";
import { dimensions, expectShape, isSameShape, type Tensor } from "../tensor.ts";
import { RowKernels } from "./row-kernels.ts";

export class SoftmaxKernels extends RowKernels {
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
}
