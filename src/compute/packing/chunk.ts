/** Part of a stored matrix: what is read, packed, unpacked and written at once. */

import type { Matrix } from "../tensor.ts";
import { type StoredDtype, storedBytes } from "./stored-types.ts";

/**
 * It lies row-major: [outputs, inputs], or [inputs, outputs] if transposed. Of a quantized matrix it begins at a panel and at a
 * block of 32 inputs, and ends at one or with the matrix. Of a block type it is whole rows, not transposed.
 */
export interface Chunk {
  readonly dtype: StoredDtype;
  readonly transposed: boolean;
  readonly firstOutput: number;
  readonly outputs: number;
  readonly firstInput: number;
  readonly inputs: number;
  /** Half a head's width where rotary pairs are stored interleaved, to be put apart; else 0. Needs whole heads. */
  readonly rotaryPairs: number;
}

/** Bytes as it is stored. */
export const chunkBytes = ({ dtype, outputs, inputs }: Chunk): number => storedBytes(dtype, outputs * inputs);

/** Its place in the matrix, and the widths of both. */
export const origin = (matrix: Matrix, { firstOutput, firstInput, inputs }: Chunk) => ({
  inputs: matrix.inputs,
  firstOutput,
  firstInput,
  columns: inputs,
});

/** Bytes from one output, and from one input, to the next, of a type of floats. */
export function strides({ dtype, transposed, outputs, inputs }: Chunk) {
  const size = storedBytes(dtype, 1);
  return transposed
    ? { rowStride: size, columnStride: outputs * size }
    : { rowStride: inputs * size, columnStride: size };
}
