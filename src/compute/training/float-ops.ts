/**
 * Operations of a model in training. Products with quantized weights keep their inputs as floats: the loss is
 * then a smooth function of the adapter, with the numbers of the same weights in f32.
 */
import { COMMON_INPUT, GROUP_BYTES, kernels, PANEL } from "../kernels/table.ts";
import { KernelOps } from "../ops/kernel-ops.ts";
import { QUANTIZED_LAYOUTS, type QuantizedDtype } from "../packing/quantized-layouts.ts";
import { dimensions, type Matrix, panelBytes, panels, type Tensor } from "../tensor.ts";

/** The cost of an expanded weight, in multiply-adds. */
const EXPANDED = 4;

export class FloatOps extends KernelOps {
  protected override multiplyQuantized(
    y: Tensor,
    x: Tensor,
    { ptr, outputs: n, inputs: k }: Matrix,
    dtype: QuantizedDtype,
    bias: number,
    first = 0,
  ): void {
    const [rows, stride] = dimensions(y);
    const wide = k * PANEL * 4;
    const scratchBytes = Math.max(GROUP_BYTES, wide) + COMMON_INPUT * k;
    this.run(kernels.matmulExpanded, panels(n), (rows + EXPANDED) * k * PANEL, {
      out: y.ptr + first * 4,
      x: this.interleaved(x).ptr,
      weights: ptr,
      bias: bias === 0 ? 0 : bias + first * 4,
      rows,
      k,
      n,
      stride,
      layout: QUANTIZED_LAYOUTS[dtype].layout,
      panelBytes: panelBytes(k, dtype),
      scratch: this.scratch(scratchBytes),
      scratchBytes,
    });
  }
}
