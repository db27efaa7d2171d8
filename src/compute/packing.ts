/** Packs stored weights into the panels the kernels read, and unpacks them, a rectangle at a time. */
import type { KernelName } from "./kernels.ts";
import type { Region } from "./memory.ts";
import type { Runtime } from "./runtime.ts";
import { type StoredDtype, storedBytes } from "./stored-types.ts";
import type { Matrix, Tensor, WeightDtype } from "./tensor.ts";
import { matrixBytes } from "./tensor.ts";

/** Part of a matrix, lying row-major in the staging bytes: [outputs, inputs], or [inputs, outputs] if transposed. */
export interface Rectangle {
  readonly dtype: StoredDtype;
  readonly transposed: boolean;
  readonly firstOutput: number;
  readonly outputs: number;
  readonly firstInput: number;
  readonly inputs: number;
  /** Half a head's width where rotary pairs are stored interleaved, to be put apart; else 0. Needs whole heads. */
  readonly rotaryPairs: number;
}

const packKernel: Readonly<Record<StoredDtype, Record<WeightDtype, KernelName | undefined>>> = {
  F32: { f32: "packF32", bf16: undefined },
  F16: { f32: "packF16", bf16: undefined },
  BF16: { f32: "packBF16", bf16: "packBF16Kept" },
};

export class Packing {
  readonly #runtime: Runtime;
  readonly #threads: number;
  readonly #region: Region;

  /** @param region owner of the packed weights */
  constructor(runtime: Runtime, threads: number, region: Region) {
    this.#runtime = runtime;
    this.#threads = threads;
    this.#region = region;
  }

  /** A matrix to be filled by `pack`; the outputs that only pad the last panel are zero. */
  matrix(outputs: number, inputs: number, dtype: WeightDtype): Matrix {
    const bytes = matrixBytes(outputs, inputs, dtype);
    const ptr = this.#region.allocate(bytes);
    const panel = matrixBytes(1, inputs, dtype);
    this.#runtime.memory.bytes(ptr + bytes - panel, panel).fill(0);
    return { outputs, inputs, dtype, ptr };
  }

  /** A vector is a matrix with one input. */
  vector({ outputs, ptr }: Matrix): Tensor {
    return { shape: [outputs], ptr };
  }

  /** A row-major f32 tensor that belongs to the region. */
  tensor(values: Float32Array, ...shape: number[]): Tensor {
    const ptr = this.#region.allocate(values.byteLength);
    this.#runtime.memory.f32(ptr, values.length).set(values);
    return { shape, ptr };
  }

  /** A new matrix of row-major values, [outputs, inputs]. */
  async packed(values: Float32Array, outputs: number, inputs: number): Promise<Matrix> {
    const matrix = this.matrix(outputs, inputs, "f32");
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    const place = { firstOutput: 0, outputs, firstInput: 0, inputs, transposed: false, rotaryPairs: 0 };
    await this.pack(matrix, { dtype: "F32", ...place }, (staging) => staging.set(bytes));
    return matrix;
  }

  /** Lets `read` fill the staging bytes with a rectangle and packs it into the matrix. */
  pack(
    matrix: Matrix,
    rectangle: Rectangle,
    read: (staging: Uint8Array) => Promise<void> | void,
  ): Promise<void> {
    const { dtype, outputs, inputs, rotaryPairs } = rectangle;
    const kernel = packKernel[dtype][matrix.dtype];
    if (!kernel) throw new Error(`no kernel packs ${dtype} into ${matrix.dtype}`);
    return this.#staged(rectangle, async (address, staging) => {
      await read(staging);
      const places = [...strides(rectangle), ...origin(matrix, rectangle), rotaryPairs];
      this.#runtime.threads.run(kernel, this.#threads, outputs, inputs, matrix.ptr, address, ...places);
    });
  }

  /** Fills the staging bytes with a rectangle of an f32 matrix, as F32, and lets `write` read them. */
  unpack(
    matrix: Matrix,
    rectangle: Rectangle,
    write: (staging: Uint8Array) => Promise<void> | void,
  ): Promise<void> {
    const { dtype, outputs, inputs, rotaryPairs } = rectangle;
    if (matrix.dtype !== "f32" || dtype !== "F32" || rotaryPairs > 0) {
      throw new Error(`no kernel unpacks ${matrix.dtype} into ${dtype} with ${rotaryPairs} rotary pairs`);
    }
    return this.#staged(rectangle, async (address, staging) => {
      const places = [...strides(rectangle), ...origin(matrix, rectangle)];
      this.#runtime.threads.run("unpack", this.#threads, outputs, inputs, address, matrix.ptr, ...places);
      await write(staging);
    });
  }

  /** Gives `work` the bytes of a rectangle as it is stored, and their address. */
  #staged(
    { dtype, outputs, inputs }: Rectangle,
    work: (address: number, staging: Uint8Array) => Promise<void>,
  ): Promise<void> {
    const { memory, scratch } = this.#runtime;
    return this.#runtime.exclusively(async () => {
      const mark = scratch.mark();
      try {
        const bytes = outputs * inputs * storedBytes(dtype, 1);
        const address = scratch.allocate(bytes);
        await work(address, memory.bytes(address, bytes));
      } finally {
        scratch.release(mark);
      }
    });
  }
}

/** Bytes from one output, and from one input, to the next as they are stored. */
function strides({ dtype, transposed, outputs, inputs }: Rectangle): [output: number, input: number] {
  const size = storedBytes(dtype, 1);
  return transposed ? [size, outputs * size] : [inputs * size, size];
}

/** Where a rectangle lies in the matrix, and how wide both are. */
const origin = (matrix: Matrix, { firstOutput, firstInput, inputs }: Rectangle): number[] => [
  matrix.inputs,
  firstOutput,
  firstInput,
  inputs,
];
