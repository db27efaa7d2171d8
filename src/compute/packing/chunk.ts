/** A chunk of a stored matrix: the part that is read, packed, unpacked or written at once. */

import type { Matrix } from "../tensor.ts";
import { type StoredDtype, storedBytes } from "./stored-types.ts";

/**
 * It lies row-major: [outputs, inputs], or [inputs, outputs] if transposed. A chunk of a quantized matrix
 * begins at a panel and at a block of 32 inputs, and ends at one or with the matrix. A chunk of a block type
 * consists of whole rows and is not transposed.
 */
export interface Chunk {
  readonly dtype: StoredDtype;
  readonly transposed: boolean;
  readonly firstOutput: number;
  readonly outputs: number;
  readonly firstInput: number;
  readonly inputs: number;
}

/** Stored bytes of a chunk. */
export const chunkBytes = ({ dtype, outputs, inputs }: Chunk): number => storedBytes(dtype, outputs * inputs);

/** Place of a chunk in its matrix, and the widths of both. */
export const origin = (matrix: Matrix, { firstOutput, firstInput, inputs }: Chunk) => ({
  inputs: matrix.inputs,
  firstOutput,
  firstInput,
  columns: inputs,
});

/** Bytes from one stored output, and from one stored input, to the next. Float types only. */
export function strides({ dtype, transposed, outputs, inputs }: Chunk) {
  const size = storedBytes(dtype, 1);
  return transposed
    ? { rowStride: size, columnStride: outputs * size }
    : { rowStride: inputs * size, columnStride: size };
}
