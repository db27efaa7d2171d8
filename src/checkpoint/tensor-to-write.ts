/** A tensor on its way into a file. */
import { bytesOfType } from "./ggml-types.ts";
import { elementCount } from "./layout.ts";

export interface TensorToWrite {
  readonly name: string;
  /** A type of ggml; a safetensors file takes F32, F16 and BF16. */
  readonly dtype: string;
  /** Outermost axis first. */
  readonly shape: readonly number[];
  /** Calls `write` with its bytes, little-endian and row-major, in their order. */
  readonly send: (write: (bytes: Uint8Array) => Promise<void>) => Promise<void>;
}

/** How many bytes the tensor takes in a file. */
export const bytesToWrite = ({ dtype, shape }: TensorToWrite): number =>
  bytesOfType(dtype, elementCount(shape) ?? Number.NaN);
