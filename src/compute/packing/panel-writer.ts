/**
 * Brings stored weights in memory into the panels of a matrix. If no kernel does it in one step, the weights
 * become floats first.
 */
import { createIndices } from "../batch.ts";
import { COPY, NORM } from "../kernels/costs.ts";
import { KernelRunner } from "../kernels/kernel-runner.ts";
import { EXPANDED_BYTES, GgmlType, kernels, PANEL } from "../kernels/table.ts";
import { KernelOps } from "../ops/kernel-ops.ts";
import type { Runtime } from "../runtime.ts";
import { type Matrix, matrixBytes, panelBytes, panels, type WeightDtype } from "../tensor.ts";
import { gridOf } from "./block-grids.ts";
import { type Chunk, origin, strides } from "./chunk.ts";
import { HOLDS_ALL, isQuantized, QUANTIZED_LAYOUTS, type QuantizedDtype } from "./quantized-layouts.ts";
import { BLOCK_TYPES, type BlockDtype, isBlocks, isExpanded, storedBytes } from "./stored-types.ts";

/** Elements of an expanded block. */
const EXPANDED = 16;

export class PanelWriter extends KernelRunner {
  readonly #ops: KernelOps;

  constructor(runtime: Runtime, threads: number) {
    super(runtime, threads);
    this.#ops = new KernelOps(runtime, threads);
  }

  /** @param source address of the stored bytes of the chunk */
  write(matrix: Matrix, chunk: Chunk, source: number): void {
    this.temporarily(() => {
      if (isBlocks(chunk.dtype)) this.#blocks(matrix, chunk, chunk.dtype, source);
      else if (matrix.dtype === "nf4") this.#quantizeNormal(matrix, chunk, source);
      else if (isQuantized(matrix.dtype)) this.#quantize(matrix, matrix.dtype, chunk, source);
      else this.#pack(matrix, chunk, source);
    });
  }

  #blocks(matrix: Matrix, chunk: Chunk, type: BlockDtype, source: number): void {
    const { layout } = BLOCK_TYPES[type];
    if (matrix.dtype === layout || matrix.dtype === HOLDS_ALL) {
      this.#repack(matrix, matrix.dtype, chunk, type, source);
      return;
    }
    const { outputs, inputs } = chunk;
    const kept = this.#temporary(outputs, inputs, layout);
    this.#repack(kept, layout, { ...chunk, firstOutput: 0 }, type, source);
    const rows = this.#ops.embedding(
      { weight: kept },
      createIndices(this.runtime, [...Array(outputs).keys()]),
    );
    this.write(matrix, { ...chunk, dtype: "F32" }, rows.ptr);
  }

  #repack(
    matrix: Matrix,
    layout: QuantizedDtype,
    { firstOutput, outputs, inputs }: Chunk,
    type: BlockDtype,
    source: number,
  ): void {
    const to = matrix.ptr + matrixBytes(firstOutput, inputs, layout);
    this.run(kernels.repack, panels(outputs), COPY * inputs * PANEL, {
      panels: to,
      panelBytes: panelBytes(inputs, layout),
      ...this.#readable(type, source, outputs, inputs),
      rows: outputs,
      inputs,
      layout: QUANTIZED_LAYOUTS[layout].layout,
    });
  }

  /** Rows of blocks as the kernel reads them: where they lie, or expanded. */
  #readable(type: BlockDtype, source: number, outputs: number, inputs: number) {
    const { id, block, bytes } = BLOCK_TYPES[type];
    if (!isExpanded(type)) return { source, type: id, rowBytes: storedBytes(type, inputs) };
    const rows = gridOf(type);
    const grid = this.runtime.scratch.allocate(rows.length);
    this.runtime.memory.bytes(grid, rows.length).set(rows);
    const rowBytes = (inputs / EXPANDED) * EXPANDED_BYTES;
    const out = this.runtime.scratch.allocate(outputs * rowBytes);
    const blocks = (outputs * inputs) / block;
    this.run(kernels.expandBlocks, blocks, COPY * block, { out, source, type: id, blockBytes: bytes, grid });
    return { source: out, type: GgmlType.Expanded, rowBytes };
  }

  /** Quantizes by the rules of ggml for Q8_0 and Q4_0. */
  #quantize(matrix: Matrix, layout: QuantizedDtype, chunk: Chunk, source: number): void {
    const { firstOutput, outputs, firstInput, inputs } = chunk;
    if (layout !== "q8_0" && layout !== "q4_0") throw new Error(`no kernel quantizes to ${layout}`);
    const floats = this.#temporary(outputs, inputs, "f32");
    this.#pack(floats, { ...chunk, firstOutput: 0, firstInput: 0 }, source);
    const outStep = panelBytes(matrix.inputs, layout);
    const out = matrix.ptr + panels(firstOutput) * outStep + panelBytes(firstInput, layout);
    const { layout: number } = QUANTIZED_LAYOUTS[layout];
    const quantized = { out, outStep, panels: floats.ptr, k: inputs, layout: number };
    this.run(kernels.quantizePanels, panels(outputs), NORM * inputs * PANEL, quantized);
  }

  #quantizeNormal(matrix: Matrix, chunk: Chunk, source: number): void {
    const { firstOutput, outputs, firstInput, inputs } = chunk;
    const floats = this.#temporary(outputs, inputs, "f32");
    this.#pack(floats, { ...chunk, firstOutput: 0, firstInput: 0 }, source);
    const outStep = panelBytes(matrix.inputs, "nf4");
    const out = matrix.ptr + panels(firstOutput) * outStep + panelBytes(firstInput, "nf4");
    const quantized = { out, outStep, panels: floats.ptr, k: inputs };
    this.run(kernels.quantizeNormal, panels(outputs), NORM * inputs * PANEL, quantized);
  }

  #pack(matrix: Matrix, chunk: Chunk, source: number): void {
    const { outputs, inputs } = chunk;
    const place = { ...strides(chunk), ...origin(matrix, chunk) };
    const kernel = packKernel(chunk.dtype, matrix.dtype);
    this.run(kernel, outputs, inputs, { panels: matrix.ptr, source, ...place });
    if (matrix.dtype === "f16") this.#noteSpecial(matrix, source, outputs * inputs);
  }

  /** The product of one row is faster for halves without infinite ones (assembly/matmul/half-row.ts). */
  #noteSpecial({ ptr, outputs, inputs }: Matrix, source: number, count: number): void {
    const special = ptr + matrixBytes(outputs, inputs, "f16");
    this.run(kernels.noteSpecial, Math.ceil(count / 8), 8 * COPY, { special, source, count });
  }

  /** A matrix in scratch memory, whose last panel is zero. */
  #temporary(outputs: number, inputs: number, dtype: WeightDtype): Matrix {
    const bytes = matrixBytes(outputs, inputs, dtype);
    const ptr = this.runtime.scratch.allocate(bytes);
    const panel = panelBytes(inputs, dtype);
    this.runtime.memory.bytes(ptr + bytes - panel, panel).fill(0);
    return { outputs, inputs, dtype, ptr };
  }
}

function packKernel(stored: string, kept: string) {
  if (kept !== "f32") {
    if (stored.toLowerCase() !== kept) throw new Error(`no kernel packs ${stored} into ${kept}`);
    return kernels.packKept; // 16 bits each
  }
  if (stored === "BF16") return kernels.packBF16;
  return stored === "F16" ? kernels.packF16 : kernels.packF32;
}
