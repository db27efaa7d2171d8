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
import { isQuantized, QUANTIZED_LAYOUTS, type QuantizedDtype } from "../packing/quantized-layouts.ts";
import {
  dimensions,
  type ExpandedDtype,
  expandedLayout,
  type Indices,
  type Matrix,
  panelBytes,
  panels,
  type Tensor,
} from "../tensor.ts";
import { StreamKernels } from "./stream-kernels.ts";

/** The cost of an expanded weight, in multiply-adds. */
const EXPANDED = 4;

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
    return (width / INPUT_BLOCK) * (BLOCK_ROW / 4);
  }

  /** Bytes of scratch memory of a thread for decoded panels. */
  protected decodedBytes(inputs: number): number {
    return Math.max(GROUP_BYTES, COMMON_INPUT * inputs);
  }

  /**
   * x (rows, inputs) times a matrix, as columns of y from `first` on.
   *
   * @param bias address, or 0 for none
   */
  protected multiplyQuantized(
    y: Tensor,
    x: Tensor,
    { ptr, outputs: n, inputs: k }: Matrix,
    dtype: QuantizedDtype,
    bias: number,
    first = 0,
  ): void {
    const [rows, stride] = dimensions(y);
    const bytes = panelBytes(k, dtype);
    const scratchBytes = rows > SINGLE_ROWS ? this.decodedBytes(k) : 0;
    this.run(kernels.matmulQuantized, panels(n), Math.max(rows * k * PANEL, bytes), {
      out: y.ptr + first * 4,
      x: this.quantizeRows(x, dtype).ptr,
      weights: ptr,
      bias: bias === 0 ? 0 : bias + first * 4,
      rows,
      k,
      n,
      stride,
      layout: QUANTIZED_LAYOUTS[dtype].layout,
      panelBytes: bytes,
      scratch: scratchBytes === 0 ? 0 : this.scratch(scratchBytes),
      scratchBytes,
      inPairs: this.runtime.products === "pairs",
    });
  }

  /** As `multiplyQuantized`, without rounding x: blocks become floats in the cache. */
  protected multiplyExpanded(
    y: Tensor,
    x: Tensor,
    { ptr, outputs: n, inputs: k }: Matrix,
    dtype: ExpandedDtype,
    bias: number,
    first = 0,
  ): void {
    const [rows, stride] = dimensions(y);
    const wide = k * PANEL * 4;
    const scratchBytes = Math.max(GROUP_BYTES, wide) + COMMON_INPUT * k;
    this.run(kernels.matmulExpanded, panels(n), (rows + EXPANDED) * k * PANEL, {
      out: y.ptr + first * 4,
      x: (rows === 1 ? x : this.interleaved(x)).ptr,
      weights: ptr,
      bias: bias === 0 ? 0 : bias + first * 4,
      rows,
      k,
      n,
      stride,
      layout: expandedLayout(dtype).layout,
      panelBytes: panelBytes(k, dtype),
      scratch: this.scratch(scratchBytes),
      scratchBytes,
    });
  }

  /** As `multiplyQuantized`, with a matrix whose pieces have different types. */
  protected multiplyPieces(y: Tensor, x: Tensor, pieces: readonly Matrix[], bias: number): void {
    let first = 0;
    for (const piece of pieces) {
      const { dtype, outputs } = piece;
      if (!isQuantized(dtype)) throw new Error(`a piece of a mixed matrix is ${dtype}`);
      this.temporarily(() => this.multiplyQuantized(y, x, piece, dtype, bias, first));
      first += outputs;
    }
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
