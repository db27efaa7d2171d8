/** A tensor that a file writer writes. */
import { bytesOfType } from "./gguf/ggml-types.ts";
import { elementCount } from "./layout.ts";

export interface TensorToWrite {
  readonly name: string;
  /** A type of ggml. A safetensors file takes F32, F16, BF16 and U8. */
  readonly dtype: string;
  /** Outermost axis first. */
  readonly shape: readonly number[];
  /** Calls `write` with the bytes in order: little-endian, row-major. */
  readonly send: (write: (bytes: Uint8Array) => Promise<void>) => Promise<void>;
}

/** Bytes of the tensor in a file. */
export function bytesToWrite({ dtype, shape }: TensorToWrite): number {
  const count = elementCount(shape) ?? Number.NaN;
  return dtype === "U8" ? count : bytesOfType(dtype, count);
}
