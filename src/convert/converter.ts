/**
 * Converts stored tensors to another type and layout, one at a time. The peak of memory is the largest tensor
 * in f32.
 */
import { isDeepStrictEqual } from "node:util";
import type { StoredTensor } from "../checkpoint/checkpoint.ts";
import { areFinite, type EncodedType, encode, isSimple } from "../checkpoint/encodings.ts";
import { MXFP4_BYTES } from "../checkpoint/mxfp4.ts";
import { TensorReader } from "../checkpoint/reader.ts";
import type { TensorToWrite } from "../checkpoint/tensor-to-write.ts";
import { GptError } from "../errors.ts";
import type { WeightSource } from "../families/description.ts";
import { quote } from "../files/quote.ts";
import { type LoadProgress, matrixNamed } from "../weights/load.ts";
import type { OpenWeights } from "../weights/open.ts";
import type { StoredWeight, WeightPart } from "../weights/resolve.ts";
import { writePart } from "../weights/tensor-writer.ts";

/** Copied at once: whole blocks of every type. */
const COPIED_BYTES = MXFP4_BYTES << 16;

/** The result of a conversion. */
export interface Target extends Pick<TensorToWrite, "name" | "shape"> {
  readonly source: WeightSource;
  /** Outputs of the weight that it holds. */
  readonly outputs: number;
  readonly dtype: EncodedType;
  /** The mean square of each input, which weights the errors of blocks. */
  readonly importance?: Float32Array | undefined;
}

export class Converter implements AsyncDisposable {
  readonly #open: OpenWeights;
  readonly #progress: LoadProgress;
  readonly #reader = new TensorReader();
  /** Bytes of all tensors to convert, and of the tensors read so far. */
  #total = 0;
  #done = 0;

  /** @param open gives threads and kernels. Each tensor has an arena of its own */
  constructor(open: OpenWeights, progress: LoadProgress) {
    this.#open = open;
    this.#progress = progress;
  }

  /** Converts a weight into the tensors of a format, which may divide it into other parts. */
  convertWeight({ spec, parts }: StoredWeight, targets: readonly Target[]): TensorToWrite[] {
    const [, inputs] = spec.shape;
    if (parts.length === targets.length) {
      return parts.map((part, i) => this.#convertPart(part, inputs, targets[i] as Target));
    }
    let firstOutput = 0;
    return targets.map((target) => {
      const first = firstOutput;
      firstOutput += target.outputs;
      return this.#convert(parts, inputs, first, target);
    });
  }

  #convertPart(part: WeightPart, inputs: number | undefined, target: Target): TensorToWrite {
    const { stored, source } = part;
    if (stored.dtype === target.dtype && isSameLayout(source, target.source)) {
      return { ...this.copy(stored, target.name), shape: target.shape };
    }
    return this.#convert([part], inputs, 0, target);
  }

  /** @param firstOutput of the parts, stacked, that the target begins with */
  #convert(
    parts: readonly WeightPart[],
    inputs: number | undefined,
    firstOutput: number,
    target: Target,
  ): TensorToWrite {
    for (const { stored } of parts) this.#total += stored.byteLength;
    const { name, dtype, shape } = target;
    return { name, dtype, shape, send: (write) => this.#send(parts, inputs, firstOutput, target, write) };
  }

  /** Copies a tensor. */
  copy(stored: StoredTensor, name = stored.name): TensorToWrite {
    this.#total += stored.byteLength;
    const { dtype, shape, byteLength } = stored;
    const send: TensorToWrite["send"] = async (write) => {
      for (let begin = 0; begin < byteLength; begin += COPIED_BYTES) {
        const bytes = new Uint8Array(Math.min(COPIED_BYTES, byteLength - begin));
        await this.#reader.read(stored, begin, bytes);
        await write(bytes);
        this.#advance(begin + bytes.length);
      }
      this.#done += byteLength;
    };
    return { name, dtype, shape, send };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#reader.close();
  }

  async #send(
    parts: readonly WeightPart[],
    inputs: number | undefined,
    firstOutput: number,
    { name, source, dtype, outputs, importance }: Target,
    write: (bytes: Uint8Array) => Promise<void>,
  ): Promise<void> {
    const rows = parts.reduce((sum, part) => sum + part.outputs, 0);
    const shape = inputs === undefined ? ([rows] as const) : ([rows, inputs] as const);
    using open = this.#open.beside();
    const { signal } = this.#progress;
    const onProgress = (bytes: number) => this.#advance(bytes);
    const matrices = await open.load([{ spec: { name, shape }, parts }], () => "f32", { signal, onProgress });
    const matrix = matrixNamed(matrices, name);
    await writePart(open.packing, matrix, firstOutput, { source, outputs }, async (values) => {
      const isPlain = isSimple(dtype) && !(dtype === "Q4_0" && importance);
      const bytes = isPlain
        ? encode(dtype, values)
        : await open.packing.encode(dtype, values, matrix.inputs, importance);
      // A search among blocks may take a NaN for a number.
      const areNumbers = areFinite(dtype, bytes) && (isPlain || values.every(Number.isFinite));
      if (!areNumbers) throw cannotHold(dtype, parts[0]?.stored as StoredTensor);
      await write(bytes);
    });
    for (const { stored } of parts) this.#done += stored.byteLength;
  }

  /** @param bytes that were read of the current tensor */
  #advance(bytes: number): void {
    const { signal, onProgress } = this.#progress;
    signal?.throwIfAborted();
    onProgress?.(this.#done + bytes, this.#total);
  }
}

/** Whether two sources differ at most in their names. */
const isSameLayout = ({ tensor: _a, ...a }: WeightSource, { tensor: _b, ...b }: WeightSource): boolean =>
  isDeepStrictEqual(a, b);

const cannotHold = (dtype: EncodedType, { file, name }: StoredTensor) =>
  new GptError(
    "invalid-file",
    `${file}: tensor ${quote(name)} has a number that ${dtype} cannot hold (NaN, infinite or too large): fetch the model again, or choose another type`,
  );
