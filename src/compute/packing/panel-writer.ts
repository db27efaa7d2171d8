/** Brings stored weights that lie in memory into the panels of a matrix: by way of floats, where its form is another one. */
import { createIndices } from "../batch.ts";
import { COPY, NORM } from "../kernels/costs.ts";
import { KernelRunner } from "../kernels/kernel-runner.ts";
import type { KernelName } from "../kernels/kernels.ts";
import { KernelOps } from "../ops/kernel-ops.ts";
import type { Runtime } from "../runtime.ts";
import { type Matrix, matrixBytes, panels, type WeightDtype } from "../tensor.ts";
import { type Chunk, origin, strides } from "./chunk.ts";
import {
  blockBytes,
  HOLDS_ALL,
  isQuantized,
  layoutArguments,
  QUANTIZED_LAYOUTS,
  type QuantizedDtype,
} from "./quantized-layouts.ts";
import { BLOCK_TYPES, type BlockDtype, isBlocks, storedBytes } from "./stored-types.ts";

export class PanelWriter extends KernelRunner {
  readonly #ops: KernelOps;

  constructor(runtime: Runtime, threads: number) {
    super(runtime, threads);
    this.#ops = new KernelOps(runtime, threads);
  }

  /** @param source address of the chunk as it is stored */
  write(matrix: Matrix, chunk: Chunk, source: number): void {
    this.temporarily(() => {
      if (isBlocks(chunk.dtype)) this.#blocks(matrix, chunk, chunk.dtype, source);
      else if (isQuantized(matrix.dtype)) this.#quantize(matrix, matrix.dtype, chunk, source);
      else this.#pack(matrix, chunk, source);
    });
  }

  #blocks(matrix: Matrix, chunk: Chunk, type: BlockDtype, source: number): void {
    const { form } = BLOCK_TYPES[type];
    if (matrix.dtype === form || matrix.dtype === HOLDS_ALL) {
      this.#repack(matrix, matrix.dtype, chunk, type, source);
      return;
    }
    const { outputs, inputs } = chunk;
    const kept = this.#temporary(outputs, inputs, form);
    this.#repack(kept, form, { ...chunk, firstOutput: 0 }, type, source);
    const rows = this.#ops.embedding(
      { weight: kept },
      createIndices(this.runtime, [...Array(outputs).keys()]),
    );
    this.write(matrix, { ...chunk, dtype: "F32", rotaryPairs: 0 }, rows.ptr);
  }

  #repack(
    matrix: Matrix,
    form: QuantizedDtype,
    { firstOutput, outputs, inputs, rotaryPairs }: Chunk,
    type: BlockDtype,
    source: number,
  ): void {
    const to = matrix.ptr + matrixBytes(firstOutput, inputs, form);
    const rows = [source, BLOCK_TYPES[type].id, storedBytes(type, inputs), outputs, inputs, rotaryPairs];
    this.run("repack", panels(outputs), COPY * inputs * 8, to, ...rows, ...layoutArguments(form));
  }

  /** By ggml's rules, for Q8_0 and Q4_0. */
  #quantize(matrix: Matrix, form: QuantizedDtype, chunk: Chunk, source: number): void {
    const { firstOutput, outputs, firstInput, inputs } = chunk;
    const { bits, block } = QUANTIZED_LAYOUTS[form];
    if (form !== "q8" && form !== "q4") throw new Error(`no kernel quantizes to ${form}`);
    const floats = this.#temporary(outputs, inputs, "f32");
    this.#pack(floats, { ...chunk, firstOutput: 0, firstInput: 0 }, source);
    const panelBytes = matrixBytes(1, matrix.inputs, form);
    const to = matrix.ptr + panels(firstOutput) * panelBytes + (firstInput / block) * blockBytes(form);
    this.run("quantizePanels", panels(outputs), NORM * inputs * 8, to, panelBytes, floats.ptr, inputs, bits);
  }

  #pack(matrix: Matrix, chunk: Chunk, source: number): void {
    const { outputs, inputs, rotaryPairs } = chunk;
    const places = [...strides(chunk), ...origin(matrix, chunk), rotaryPairs];
    this.run(packKernel(chunk.dtype, matrix.dtype), outputs, inputs, matrix.ptr, source, ...places);
  }

  /** A matrix in scratch memory, whose last panel is zero. */
  #temporary(outputs: number, inputs: number, dtype: WeightDtype): Matrix {
    const bytes = matrixBytes(outputs, inputs, dtype);
    const ptr = this.runtime.scratch.allocate(bytes);
    const panel = matrixBytes(1, inputs, dtype);
    this.runtime.memory.bytes(ptr + bytes - panel, panel).fill(0);
    return { outputs, inputs, dtype, ptr };
  }
}

function packKernel(stored: string, kept: string): KernelName {
  if (stored === "BF16") return kept === "bf16" ? "packBF16Kept" : "packBF16";
  if (kept !== "f32") throw new Error(`no kernel packs ${stored} into ${kept}`);
  return stored === "F16" ? "packF16" : "packF32";
}
