/**
 * Operations of a model in training. Products with quantized weights keep their inputs as floats: the loss is
 * then a smooth function of the adapter, with the numbers of the same weights in f32.
 */
import { addressIn, groupsIn, matrixIn } from "../expert-groups.ts";
import { KernelOps } from "../ops/kernel-ops.ts";
import { isQuantized, type QuantizedDtype } from "../packing/quantized-layouts.ts";
import { dimensions, type Indices, type Matrix, type MatrixTable, rowsOf, type Tensor } from "../tensor.ts";

export class FloatOps extends KernelOps {
  protected override multiplyQuantized(
    y: Tensor,
    x: Tensor,
    weight: Matrix,
    dtype: QuantizedDtype,
    bias: number,
    first = 0,
  ): void {
    this.multiplyExpanded(y, x, weight, dtype, bias, first);
  }

  protected override product(
    x: Tensor,
    table: MatrixTable,
    biases: Indices | undefined,
    groups: Indices,
    groupOf: Indices,
    single: boolean,
  ): Tensor {
    const { dtype, outputs } = table;
    if (!isQuantized(dtype)) return super.product(x, table, biases, groups, groupOf, single);
    const { memory } = this.runtime;
    const y = this.tensor(dimensions(x)[0], outputs);
    for (const { expert, first, rows } of groupsIn(memory, groups)) {
      const bias = biases ? addressIn(memory, biases, expert) : 0;
      const matrix = matrixIn(memory, table, expert);
      this.temporarily(() => {
        this.multiplyExpanded(rowsOf(y, first, rows), rowsOf(x, first, rows), matrix, dtype, bias);
      });
    }
    return y;
  }
}
