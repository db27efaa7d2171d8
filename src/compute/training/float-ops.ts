/**
 * Operations of a model in training. Products with quantized weights keep their inputs as floats: the loss is
 * then a smooth function of the adapter, with the numbers of the same weights in f32.
 */
import { KernelOps } from "../ops/kernel-ops.ts";
import type { QuantizedDtype } from "../packing/quantized-layouts.ts";
import type { Matrix, Tensor } from "../tensor.ts";

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
}
