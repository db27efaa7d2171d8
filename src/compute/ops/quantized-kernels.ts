/** Products and lookups of quantized weights as kernels. */
import { COPY, NORM } from "../kernels/costs.ts";
import {
  BLOCK_ROW,
  COMMON_INPUT,
  GROUP_BYTES,
  INPUT_BLOCK,
  kernels,
  PANEL,
  QUANTIZED_TILE,
  SINGLE_ROWS,
} from "../kernels/table.ts";
import { QUANTIZED_LAYOUTS, type QuantizedDtype } from "../packing/quantized-layouts.ts";
import { dimensions, type Indices, type Matrix, panelBytes, panels, type Tensor } from "../tensor.ts";
import { StreamKernels } from "./stream-kernels.ts";

export class QuantizedKernels extends StreamKernels {
  /**
   * Rows in tiles of integers and scales, as the product with quantized weights reads them
   * (assembly/quantized/rows.ts).
   */
  quantizeRows(x: Tensor, dtype: QuantizedDtype): Tensor {
    const [rows, width] = dimensions(x);
    const tile = rows <= SINGLE_ROWS ? 1 : QUANTIZED_TILE;
    const out = this.tensor(rows + tile, this.quantizedWords(width));
    const { layout } = QUANTIZED_LAYOUTS[dtype];
    const source = { out: out.ptr, x: x.ptr, k: width, tile, layout };
    this.run(kernels.quantizeRows, rows, NORM * width, source);
    return out;
  }

  /** Words of a row once it is quantized. */
  protected quantizedWords(width: number): number {
    return (width / INPUT_BLOCK) * (BLOCK_ROW[this.runtime.simd] / 4);
  }

  /** Bytes of scratch memory of a thread for decoded panels. */
  protected decodedBytes(inputs: number): number {
    return Math.max(GROUP_BYTES, COMMON_INPUT * inputs);
  }

  /**
   * The product of a matrix.
   *
   * @param x address of rows from `quantizeRows`
   * @param bias address, or 0 for none
   * @param cost of a panel
   */
  protected multiplyQuantized(
    y: Tensor,
    x: number,
    { ptr, outputs: n, inputs: k }: Matrix,
    dtype: QuantizedDtype,
    bias: number,
    cost: number,
  ): void {
    const [rows] = dimensions(y);
    const scratchBytes = rows > SINGLE_ROWS ? this.decodedBytes(k) : 0;
    this.run(kernels.matmulQuantized, panels(n), cost, {
      out: y.ptr,
      x,
      weights: ptr,
      bias,
      rows,
      k,
      n,
      layout: QUANTIZED_LAYOUTS[dtype].layout,
      panelBytes: panelBytes(k, dtype),
      scratch: scratchBytes === 0 ? 0 : this.scratch(scratchBytes),
      scratchBytes,
    });
  }

  /** Rows of a matrix by their ids. */
  protected lookUpQuantized(out: Tensor, { ptr, inputs }: Matrix, dtype: QuantizedDtype, ids: Indices): void {
    this.temporarily(() => {
      this.run(kernels.embeddingQuantized, ids.length, PANEL * COPY * inputs, {
        out: out.ptr,
        weights: ptr,
        panelBytes: panelBytes(inputs, dtype),
        ids: ids.ptr,
        width: inputs,
        layout: QUANTIZED_LAYOUTS[dtype].layout,
        scratch: this.scratch(COMMON_INPUT * inputs),
      });
    });
  }
}
