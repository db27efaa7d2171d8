/** What kernels are measured on: random numbers, for the kernel in its memory and for its twin as rows. */
import { type Batch, createBatch, createIndices } from "../compute/batch.ts";
import { type DropoutPass, type DropoutRule, dropoutRule } from "../compute/dropout.ts";
import { KvCache, type KvHeads } from "../compute/kv-cache.ts";
import { Region } from "../compute/memory.ts";
import { Packing } from "../compute/packing.ts";
import type { Mark } from "../compute/scratch.ts";
import type { StoredDtype } from "../compute/stored-types.ts";
import { dimensions, type Indices, type Matrix, type Tensor, type WeightDtype } from "../compute/tensor.ts";
import { Random } from "../generate/random.ts";
import type { Output } from "./kernel-case.ts";
import { Operations } from "./operations.ts";

/** Rows repeat after so many, so that large matrices are made quickly. */
const PERIOD = 64;

export class Workbench implements Disposable {
  readonly #on = new Operations("plain", 1);
  readonly #region = new Region(this.#on.runtime.memory);
  readonly #packing = new Packing(this.#on.runtime, 1, this.#region);
  readonly #random = new Random(1);
  readonly #caches: KvCache[] = [];
  readonly #mark: Mark = this.#on.runtime.scratch.mark();

  /** Uniform in [-1, 1), as F32 holds them. */
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

  /** Random weights kept as `dtype`, with the rows that they then hold. */
  async weights(outputs: number, inputs: number, dtype: WeightDtype = "f32") {
    const matrix = await this.matrix(this.random(outputs, inputs), dtype);
    const first = Array.from({ length: Math.min(outputs, PERIOD) }, (_, id) => id);
    const kept = this.#on.ops.read(this.#on.ops.embedding(matrix, this.indices(first)));
    const rows = first.map((id) => [...kept.subarray(id * inputs, (id + 1) * inputs)]);
    return { matrix, rows: repeated(rows, outputs) };
  }

  /** A packed matrix [outputs, inputs]. */
  async matrix(rows: readonly number[][], dtype: WeightDtype = "f32"): Promise<Matrix> {
    const [outputs, inputs] = [rows.length, rows[0]?.length ?? 0];
    const matrix = this.#packing.matrix(outputs, inputs, dtype);
    const stored: StoredDtype = dtype === "bf16" ? "BF16" : "F32";
    const whole = { firstOutput: 0, outputs, firstInput: 0, inputs, transposed: false, rotaryPairs: 0 };
    await this.#packing.pack(matrix, { dtype: stored, ...whole }, (staging) => {
      const values = rowMajor(rows);
      const words = stored === "BF16" ? upperHalves(values) : values;
      staging.set(new Uint8Array(words.buffer));
    });
    return matrix;
  }

  /** A vector of weights, as its only row. */
  async vector(row: readonly number[]): Promise<Tensor> {
    return this.#packing.vector(await this.matrix(row.map((value) => [value])));
  }

  indices(numbers: readonly number[]): Indices {
    return createIndices(this.#on.runtime, numbers);
  }

  /** A cache of one layer that holds the keys and values of all rows. */
  cache(qkv: Tensor, heads: KvHeads & { readonly nHead: number }): KvCache {
    const [length] = dimensions(qkv);
    const cache = new KvCache(this.#on.runtime.memory, { nLayer: 1, ...heads }, length);
    this.#caches.push(cache);
    cache.grow(length);
    this.#on.ops.storeKeysValues(qkv, this.batch(cache, length), 0, heads);
    return cache;
  }

  /** The last `rows` positions of a cache. */
  batch(cache: KvCache, rows: number): Batch {
    const ids = Array<number>(rows).fill(0);
    return createBatch(this.#on.runtime, [{ cache, start: cache.length - rows, ids }]);
  }

  dropout(pass: DropoutPass): DropoutRule {
    return dropoutRule(this.#on.runtime, pass, 0);
  }

  /** Writes the elements of `from` over those of `target`. */
  restore(target: Tensor, from: Tensor): void {
    this.#on.gradients.copy(target, from);
  }

  /** The same for weights in f32. */
  restoreWeights(target: Matrix, from: Matrix): void {
    this.#on.optimizer.copy(target, from);
  }

  read(output: Output): Float32Array {
    if (output === undefined) return new Float32Array();
    if (output instanceof Float32Array) return output;
    if (!("outputs" in output)) return this.#on.ops.read(output);
    const every = this.indices([...Array(output.outputs).keys()]);
    return this.#on.ops.read(this.#on.ops.embedding(output, every));
  }

  [Symbol.dispose](): void {
    for (const cache of this.#caches) cache.free();
    this.#region.freeAll();
    this.#on.runtime.scratch.release(this.#mark);
  }
}

const repeated = <T>(items: readonly T[], count: number): T[] =>
  Array.from({ length: count }, (_, i) => items[i % items.length] as T);

function rowMajor(rows: readonly number[][]): Float32Array<ArrayBuffer> {
  const width = rows[0]?.length ?? 0;
  const values = new Float32Array(rows.length * width);
  for (const [i, row] of rows.entries()) values.set(row, i * width);
  return values;
}

/** As bfloat16, which is the upper half of a float32. */
function upperHalves({ buffer, length }: Float32Array<ArrayBuffer>): Uint16Array<ArrayBuffer> {
  const halves = new Uint16Array(buffer);
  return new Uint16Array(length).map((_, i) => halves[2 * i + 1] ?? 0);
}
