/** Tensors in and out of the real kernels, and a comparison of rows: for tests of the operations. */
import { expect } from "vitest";
import type { Simd } from "../../src/compute/kernels/kernels.ts";
import { chooseSimd } from "../../src/compute/kernels/kernels.ts";
import { Arena } from "../../src/compute/memory/arena.ts";
import { type AttentionLayer, CAUSAL, type Heads } from "../../src/compute/ops/attention-layers.ts";
import { KernelOps } from "../../src/compute/ops/kernel-ops.ts";
import type { Chunk } from "../../src/compute/packing/chunk.ts";
import { Packing } from "../../src/compute/packing/packing.ts";
import type { StoredDtype } from "../../src/compute/packing/stored-types.ts";
import { Runtime } from "../../src/compute/runtime.ts";
import type { Matrix, Tensor, WeightDtype } from "../../src/compute/tensor.ts";
import { GptError } from "../../src/errors.ts";

/** The builds that run on this Node. */
export const builds: readonly Simd[] = ["plain", ...relaxed()];

function relaxed(): Simd[] {
  try {
    return [chooseSimd("relaxed")];
  } catch (error) {
    if (error instanceof GptError) return [];
    throw error;
  }
}

/** Sizes that are and are not multiples of the kernels' vectors, panels and tiles. */
export const sizes = [1, 3, 4, 7, 8, 12, 31, 32, 60, 131];

export class Laboratory {
  readonly runtime: Runtime;
  readonly ops: KernelOps;
  readonly packing: Packing;
  readonly #arena: Arena;

  constructor(simd: Simd, threads: number) {
    this.runtime = Runtime.get(simd);
    this.runtime.threads.grow(threads);
    this.ops = new KernelOps(this.runtime, threads);
    this.#arena = new Arena(this.runtime.memory);
    this.packing = new Packing(this.runtime, threads, this.#arena);
  }

  tensor(rows: number[][]): Tensor {
    return this.packing.tensor(Float32Array.from(rows.flat()), rows.length, rows[0]?.length ?? 0);
  }

  async vector(values: number[]): Promise<Tensor> {
    return this.packing.vector(await this.matrix(values.map((v) => [v])));
  }

  /** Packs a matrix [outputs][inputs], stored as `dtype`, transposed or not. */
  async matrix(
    values: number[][],
    dtype: StoredDtype = "F32",
    kept: WeightDtype = "f32",
    transposed = false,
  ): Promise<Matrix> {
    const matrix = this.packing.matrix(values.length, values[0]?.length ?? 0, kept);
    await this.place(matrix, values, { dtype, transposed });
    return matrix;
  }

  /**
   * Packs part of a matrix, [outputs][inputs], which begins at its first output and input unless told
   * otherwise.
   */
  place(matrix: Matrix, values: number[][], place: Partial<Chunk> = {}): Promise<void> {
    const chunk: Chunk = {
      dtype: "F32",
      transposed: false,
      firstOutput: 0,
      outputs: values.length,
      firstInput: 0,
      inputs: values[0]?.length ?? 0,
      ...place,
    };
    const stored = chunk.transposed ? values[0]?.map((_, k) => values.map((row) => row[k] ?? 0)) : values;
    return this.packing.pack(matrix, chunk, (staging) => {
      encode(stored?.flat() ?? [], chunk.dtype, staging);
    });
  }

  indices(values: number[]) {
    const ptr = this.#arena.allocate(values.length * 4);
    this.runtime.memory.u32(ptr, values.length).set(values);
    return { length: values.length, ptr };
  }

  read({ shape, ptr }: Tensor): number[][] {
    const [rows = 0, width = 0] = shape;
    const flat = Array.from(this.runtime.memory.f32(ptr, rows * width));
    return Array.from({ length: rows }, (_, row) => flat.slice(row * width, (row + 1) * width));
  }

  /** Rows of a packed matrix, through the lookup that the model uses. */
  unpack(matrix: Matrix): number[][] {
    return this.read(this.ops.embedding({ weight: matrix }, this.indices([...Array(matrix.outputs).keys()])));
  }

  close(): void {
    this.#arena.freeAll();
    this.runtime.scratch.free();
  }
}

/** Compares rows. The error may be `tolerance`, relative for values above 1. */
export function expectClose(actual: number[][], expected: number[][], tolerance: number): void {
  expect(actual.length).toBe(expected.length);
  for (const [row, values] of expected.entries()) {
    expect(actual[row]?.length).toBe(values.length);
    for (const [i, value] of values.entries()) {
      const error = Math.abs((actual[row]?.[i] ?? Number.NaN) - value);
      if (!(error <= tolerance * Math.max(1, Math.abs(value))))
        expect.fail(`[${row}][${i}]: ${actual[row]?.[i]} for ${value}`);
    }
  }
}

/** A causal attention layer of these heads, with the usual scale. */
export const attentionLayer = (
  heads: Omit<Heads, "valueDim"> & Partial<Heads>,
  layer = 0,
): AttentionLayer => ({
  valueDim: heads.headDim,
  ...heads,
  layer,
  reach: CAUSAL,
  scale: 1 / Math.sqrt(heads.headDim),
});

/** As a matrix of one column. */
export const column = (values: number[]) => values.map((v) => [v]);

function encode(values: number[], dtype: StoredDtype, target: Uint8Array): void {
  const view = new DataView(target.buffer, target.byteOffset, target.byteLength);
  for (const [i, value] of values.entries()) {
    if (dtype === "F32") view.setFloat32(i * 4, value, true);
    else view.setUint16(i * 2, dtype === "BF16" ? toBfloat16(value) : toFloat16(value), true);
  }
}

/** The upper half of a float32: exact for values that have no more digits. */
function toBfloat16(value: number): number {
  const view = new DataView(new ArrayBuffer(4));
  view.setFloat32(0, value);
  return view.getUint16(0);
}

/** IEEE binary16 of a value that is exactly representable in it. */
function toFloat16(value: number): number {
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const magnitude = Math.abs(value);
  if (Number.isNaN(value)) return 0x7e00;
  if (magnitude === Number.POSITIVE_INFINITY) return sign | 0x7c00;
  const exponent = Math.max(-14, Math.floor(Math.log2(magnitude || 2 ** -14)));
  const fraction = magnitude / 2 ** exponent;
  const bits = fraction < 1 ? fraction * 1024 : ((exponent + 15) << 10) | ((fraction - 1) * 1024);
  return sign | bits;
}
