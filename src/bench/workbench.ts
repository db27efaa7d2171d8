/** Inputs of measured kernels: random numbers, in memory for the kernel and as rows for its twin. */
import { encode } from "../checkpoint/encodings.ts";
import { type Batch, createBatch, createIndices } from "../compute/batch.ts";
import type { Simd } from "../compute/kernels/kernels.ts";
import { Arena } from "../compute/memory/arena.ts";
import { KvCache } from "../compute/memory/kv-cache.ts";
import type { KvLayer } from "../compute/memory/kv-shape.ts";
import type { Mark } from "../compute/memory/scratch.ts";
import type { AttentionLayer } from "../compute/ops/attention-layers.ts";
import type { DropoutRule } from "../compute/ops/ops.ts";
import type { Chunk } from "../compute/packing/chunk.ts";
import { Packing } from "../compute/packing/packing.ts";
import type { QuantizedDtype } from "../compute/packing/quantized-layouts.ts";
import type { BlockDtype, StoredDtype } from "../compute/packing/stored-types.ts";
import {
  dimensions,
  type Indices,
  type Matrix,
  type MatrixTable,
  matrixBytes,
  type Tensor,
  type WeightDtype,
} from "../compute/tensor.ts";
import { type DropoutPass, dropoutRule } from "../compute/training/dropout.ts";
import { Random } from "../generate/sampling/random.ts";
import { elementsOf } from "../reference/ggml-blocks.ts";
import { randomBlocks } from "../reference/random-blocks.ts";
import { Operations } from "./operations.ts";
import type { Output } from "./output.ts";

/** Rows repeat after this number, so large matrices are made quickly. */
const PERIOD = 64;

/** The stored types of floats in memory. */
const FLOAT_TYPES = { f32: "F32", bf16: "BF16", f16: "F16" } as const;

export class Workbench implements Disposable {
  readonly #on = new Operations("plain", 1);
  readonly #arena = new Arena(this.#on.runtime.memory);
  readonly #packing = new Packing(this.#on.runtime, 1, this.#arena);
  readonly #random = new Random(1);
  readonly #caches: KvCache[] = [];
  readonly #mark: Mark = this.#on.runtime.scratch.mark();

  /** Uniform numbers in [-1, 1), rounded to F32. */
  random(rows: number, width: number): number[][] {
    const number = () => Math.fround(2 * this.#random.uniform() - 1);
    const own = Array.from({ length: Math.min(rows, PERIOD) }, () => Array.from({ length: width }, number));
    return repeated(own, rows);
  }

  tensor(rows: readonly number[][]): Tensor {
    const values = rowMajor(rows);
    return this.#packing.tensor(values, rows.length, rows[0]?.length ?? 0);
  }

  zeros(rows: number, width: number): Tensor {
    return this.#packing.tensor(new Float32Array(rows * width), rows, width);
  }

  zeroWeights(outputs: number, inputs: number): Matrix {
    const matrix = this.#packing.matrix(outputs, inputs, "f32");
    this.#on.optimizer.clear(matrix);
    return matrix;
  }

  /** Random weights of type `dtype`, and the rows that the matrix then holds. */
  async weights(outputs: number, inputs: number, dtype: WeightDtype = "f32") {
    const matrix = await this.matrix(this.random(outputs, inputs), dtype);
    const first = Array.from({ length: Math.min(outputs, PERIOD) }, (_, id) => id);
    const kept = this.#on.ops.read(this.#on.ops.embedding({ weight: matrix }, this.indices(first)));
    const rows = first.map((id) => [...kept.subarray(id * inputs, (id + 1) * inputs)]);
    return { matrix, rows: repeated(rows, outputs) };
  }

  /** A packed matrix [outputs, inputs]. */
  async matrix(rows: readonly number[][], dtype: WeightDtype = "f32"): Promise<Matrix> {
    const [outputs, inputs] = [rows.length, rows[0]?.length ?? 0];
    const matrix = this.#packing.matrix(outputs, inputs, dtype);
    const stored = FLOAT_TYPES[dtype === "bf16" || dtype === "f16" ? dtype : "f32"];
    await this.#packing.pack(matrix, storedRows(stored, outputs, inputs), (staging) => {
      staging.set(encode(stored, rowMajor(rows)));
    });
    return matrix;
  }

  /** A matrix without contents. */
  unfilled(outputs: number, inputs: number, dtype: WeightDtype): Matrix {
    return this.#packing.matrix(outputs, inputs, dtype);
  }

  /** Puts bytes into memory. @returns their address */
  stored(bytes: Uint8Array): number {
    const address = this.#arena.allocate(bytes.length);
    this.#on.runtime.memory.bytes(address, bytes.length).set(bytes);
    return address;
  }

  /** Random blocks of a block type. */
  blocks(type: BlockDtype, elements: number): Uint8Array {
    return randomBlocks(this.#random, type, elements);
  }

  /** Random blocks in a layout, with the elements of their rows. Each build packs them at first use. */
  quantized(outputs: number, inputs: number, type: BlockDtype, layout: QuantizedDtype) {
    const count = Math.min(outputs, PERIOD);
    const bytes = this.blocks(type, count * inputs);
    const [source, elements] = [this.stored(bytes), elementsOf(type, bytes)];
    const distinct = Array.from({ length: count }, (_, n) => elements.slice(n * inputs, (n + 1) * inputs));
    const packed = new Map<Simd, Matrix>();
    const matrix = ({ simd, panels }: Operations): Matrix => {
      const known = packed.get(simd);
      if (known) return known;
      const own = this.unfilled(outputs, inputs, layout);
      for (let first = 0; first < outputs; first += count) {
        panels.write(own, storedRows(type, count, inputs, first), source);
      }
      packed.set(simd, own);
      return own;
    };
    return { matrix, elements: repeated(distinct, outputs) };
  }

  /** A table of experts that hold the same numbers, each in memory of its own. */
  experts(count: number, outputs: number, inputs: number, type: BlockDtype, layout: QuantizedDtype) {
    const { matrix, elements } = this.quantized(outputs, inputs, type, layout);
    const tables = new Map<Simd, MatrixTable>();
    const bytesOf = ({ ptr }: Matrix) =>
      this.#on.runtime.memory.bytes(ptr, matrixBytes(outputs, inputs, layout));
    const table = (on: Operations): MatrixTable => {
      const known = tables.get(on.simd);
      if (known) return known;
      const all = [matrix(on)];
      while (all.length < count) {
        const copy = this.unfilled(outputs, inputs, layout);
        bytesOf(copy).set(bytesOf(matrix(on)));
        all.push(copy);
      }
      const own = this.#packing.matrixTable(all);
      tables.set(on.simd, own);
      return own;
    };
    return { table, elements };
  }

  /** A vector of weights. */
  async vector(row: readonly number[]): Promise<Tensor> {
    return this.#packing.vector(await this.matrix(row.map((value) => [value])));
  }

  indices(numbers: readonly number[]): Indices {
    return createIndices(this.#on.runtime, numbers);
  }

  /** A cache of one layer that holds the keys and values of all rows. */
  cache(qkv: Tensor, heads: AttentionLayer & Pick<KvLayer, "types">): KvCache {
    const [length] = dimensions(qkv);
    const cache = new KvCache(this.#on.runtime.memory, { layers: [heads], types: heads.types }, length);
    this.#caches.push(cache);
    cache.grow(length);
    this.#on.ops.storeKeysValues(qkv, heads, this.batch(cache, length));
    return cache;
  }

  /** A batch of the last `rows` positions of a cache. */
  batch(cache: KvCache, rows: number): Batch {
    const ids = Array<number>(rows).fill(0);
    return createBatch(this.#on.runtime, [{ cache, start: cache.length - rows, ids }]);
  }

  /** A batch of the first rows of a sequence with one recurrent layer. */
  states(stateBytes: number, rows: number): Batch {
    const cache = new KvCache(this.#on.runtime.memory, { layers: [{ stateBytes }] }, rows);
    this.#caches.push(cache);
    cache.grow(rows);
    return createBatch(this.#on.runtime, [{ cache, start: 0, ids: Array<number>(rows).fill(0) }]);
  }

  dropout(pass: DropoutPass): DropoutRule {
    return dropoutRule(this.#on.runtime, pass, 0);
  }

  /** Writes the elements of `from` over those of `target`. */
  restore(target: Tensor, from: Tensor): void {
    this.#on.gradients.copy(target, from);
  }

  /** Writes f32 weights `from` over those of `target`. */
  restoreWeights(target: Matrix, from: Matrix): void {
    this.#on.optimizer.copy(target, from);
  }

  /** The output of a run in the order of its rows. */
  read(output: Output, { ops }: Operations): Float32Array {
    if (output === undefined) return new Float32Array();
    if (output instanceof Float32Array) return output;
    if (typeof output === "function") return output();
    if (!("outputs" in output)) return ops.read(output);
    return ops.read(ops.embedding({ weight: output }, this.indices([...Array(output.outputs).keys()])));
  }

  [Symbol.dispose](): void {
    for (const cache of this.#caches) cache.free();
    this.#arena.freeAll();
    this.#on.runtime.scratch.release(this.#mark);
  }
}

/** A chunk of whole stored rows. */
export const storedRows = (dtype: StoredDtype, outputs: number, inputs: number, firstOutput = 0): Chunk => ({
  dtype,
  transposed: false,
  firstOutput,
  outputs,
  firstInput: 0,
  inputs,
});

const repeated = <T>(items: readonly T[], count: number): T[] =>
  Array.from({ length: count }, (_, i) => items[i % items.length] as T);

function rowMajor(rows: readonly number[][]): Float32Array<ArrayBuffer> {
  const width = rows[0]?.length ?? 0;
  const values = new Float32Array(rows.length * width);
  for (const [i, row] of rows.entries()) values.set(row, i * width);
  return values;
}
