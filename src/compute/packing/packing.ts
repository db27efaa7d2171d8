/** Packs stored weights into the panels that kernels read, and unpacks them, a chunk at a time. */
import { kernels, SPECIAL_BYTES } from "../kernels/table.ts";
import type { Arena } from "../memory/arena.ts";
import type { Runtime } from "../runtime.ts";
import {
  type Indices,
  type Matrix,
  type MatrixTable,
  matrixBytes,
  type Tensor,
  type WeightDtype,
} from "../tensor.ts";
import { BlockEncoder } from "./block-encoder.ts";
import { type Chunk, chunkBytes, origin, strides } from "./chunk.ts";
import { PanelWriter } from "./panel-writer.ts";
import type { BlockDtype } from "./stored-types.ts";

/** Memory for the stored bytes of a chunk. */
export interface Staging {
  readonly address: number;
  readonly bytes: Uint8Array;
  free(): void;
}

export class Packing {
  readonly #runtime: Runtime;
  readonly #threads: number;
  readonly #arena: Arena;
  readonly #writer: PanelWriter;
  readonly #encoder: BlockEncoder;
  readonly #bank: number;

  /**
   * @param arena owner of the packed weights
   * @param bank number of the runtime among those of the model
   */
  constructor(runtime: Runtime, threads: number, arena: Arena, bank = 0) {
    this.#bank = bank;
    this.#runtime = runtime;
    this.#threads = threads;
    this.#arena = arena;
    this.#writer = new PanelWriter(runtime, threads);
    this.#encoder = new BlockEncoder(runtime, threads);
  }

  /**
   * An empty matrix for `pack` to fill. The outputs that pad the last panel are zero. Behind halves lies the
   * mark of infinite ones (assembly/packing/widen-halves.ts).
   */
  matrix(outputs: number, inputs: number, dtype: WeightDtype): Matrix {
    const bytes = matrixBytes(outputs, inputs, dtype);
    const special = dtype === "f16" ? SPECIAL_BYTES : 0;
    const ptr = this.#arena.allocate(bytes + special);
    const panel = matrixBytes(1, inputs, dtype);
    this.#runtime.memory.bytes(ptr + bytes - panel, panel + special).fill(0);
    return { outputs, inputs, dtype, ptr, bank: this.#bank };
  }

  /** A vector is a matrix with one input. */
  vector({ outputs, ptr, bank }: Matrix): Tensor {
    return { shape: [outputs], ptr, bank };
  }

  /** The only element of a vector. */
  number({ ptr }: Tensor): number {
    return this.#runtime.memory.f32(ptr, 1)[0] as number;
  }

  /** Changes elements of a vector. */
  change({ ptr }: Matrix, first: number, count: number, f: (value: number) => number): void {
    const values = this.#runtime.memory.f32(ptr + 4 * first, count);
    for (let i = 0; i < count; i++) values[i] = f(values[i] as number);
  }

  /** Matrices of equal size and type, as the products of experts read them. */
  matrixTable(matrices: readonly Matrix[]): MatrixTable {
    const [first] = matrices;
    if (first === undefined) throw new Error("a table of no matrices");
    const { outputs, inputs, dtype } = first;
    if (dtype === "mixed" || matrices.some((own) => own.dtype !== dtype || own.outputs !== outputs)) {
      throw new Error("a table of matrices of different types or sizes");
    }
    const ptr = this.#arena.allocate(matrices.length * 4);
    this.#runtime.memory.u32(ptr, matrices.length).set(matrices.map((matrix) => matrix.ptr));
    return { outputs, inputs, dtype, addresses: { length: matrices.length, ptr } };
  }

  /** Unsigned integers that belong to the arena. */
  indices(numbers: readonly number[]): Indices {
    const ptr = this.#arena.allocate(numbers.length * 4);
    this.#runtime.memory.u32(ptr, numbers.length).set(numbers);
    return { length: numbers.length, ptr };
  }

  /** A row-major f32 tensor that belongs to the arena. */
  tensor(values: Float32Array, ...shape: number[]): Tensor {
    const ptr = this.#arena.allocate(values.byteLength);
    this.#runtime.memory.f32(ptr, values.length).set(values);
    return { shape, ptr };
  }

  /** A new matrix of row-major values, [outputs, inputs]. */
  async packed(values: Float32Array, outputs: number, inputs: number): Promise<Matrix> {
    const matrix = this.matrix(outputs, inputs, "f32");
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    const place = { firstOutput: 0, outputs, firstInput: 0, inputs, transposed: false };
    await this.pack(matrix, { dtype: "F32", ...place }, (staging) => staging.set(bytes));
    return matrix;
  }

  /** Lets `read` fill the staging bytes with a chunk and packs it into the matrix. */
  pack(matrix: Matrix, chunk: Chunk, read: (staging: Uint8Array) => Promise<void> | void): Promise<void> {
    return this.#staged(chunk, async (address, staging) => {
      await read(staging);
      this.#writer.write(matrix, chunk, address);
    });
  }

  /** Memory for a chunk that `packStaged` is to pack. It may be filled while others use the threads. */
  stage(chunk: Chunk): Staging {
    const { memory } = this.#runtime;
    const length = chunkBytes(chunk);
    const address = memory.allocate(length);
    return { address, bytes: memory.bytes(address, length), free: () => memory.free(address) };
  }

  /** Packs a chunk that has been read. */
  packStaged(matrix: Matrix, chunk: Chunk, { address }: Staging): Promise<void> {
    return this.#runtime.exclusively(async () => this.#writer.write(matrix, chunk, address));
  }

  /** Fills the staging bytes with a chunk of an f32 matrix, as F32, and lets `write` read them. */
  unpack(matrix: Matrix, chunk: Chunk, write: (staging: Uint8Array) => Promise<void> | void): Promise<void> {
    const { dtype, outputs, inputs } = chunk;
    if (matrix.dtype !== "f32" || dtype !== "F32") {
      throw new Error(`no kernel unpacks ${matrix.dtype} into ${dtype}`);
    }
    return this.#staged(chunk, async (address, staging) => {
      const place = { target: address, panels: matrix.ptr, ...strides(chunk), ...origin(matrix, chunk) };
      this.#runtime.threads.run(kernels.unpack, this.#threads, outputs, inputs, place);
      await write(staging);
    });
  }

  /** Rows of floats, [count, inputs], as blocks. @param importance the mean square of each input */
  encode(
    type: BlockDtype,
    rows: Float32Array,
    inputs: number,
    importance?: Float32Array,
  ): Promise<Uint8Array<ArrayBuffer>> {
    return this.#runtime.exclusively(async () => this.#encoder.encode(type, rows, inputs, importance));
  }

  /** Gives `work` memory for the stored bytes of a chunk, and its address. */
  #staged(chunk: Chunk, work: (address: number, staging: Uint8Array) => Promise<void>): Promise<void> {
    const { memory, scratch } = this.#runtime;
    return this.#runtime.exclusively(async () => {
      const mark = scratch.mark();
      try {
        const bytes = chunkBytes(chunk);
        const address = scratch.allocate(bytes);
        await work(address, memory.bytes(address, bytes));
      } finally {
        scratch.release(mark);
      }
    });
  }
}
