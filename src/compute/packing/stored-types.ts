/** Element types of stored weights: floats, and the block types of ggml (ggml-common.h), by its names. */

import type { WeightDtype } from "../tensor.ts";
import { HOLDS_ALL, type QuantizedDtype } from "./quantized-layouts.ts";

const FLOAT_BYTES = { F32: 4, F16: 2, BF16: 2 } as const;

interface BlockType {
  /** By which the kernels know it: ggml's. */
  readonly id: number;
  /** Elements of a block; a row is whole blocks. */
  readonly block: number;
  readonly bytes: number;
  /** The form that holds it exactly. */
  readonly form: QuantizedDtype;
}

export const BLOCK_TYPES = {
  Q4_0: { id: 2, block: 32, bytes: 18, form: "q4" },
  Q4_1: { id: 3, block: 32, bytes: 20, form: "q4m" },
  Q5_0: { id: 6, block: 32, bytes: 22, form: "q8" },
  Q5_1: { id: 7, block: 32, bytes: 24, form: "q8m" },
  Q8_0: { id: 8, block: 32, bytes: 34, form: "q8" },
  Q4_K: { id: 12, block: 256, bytes: 144, form: "q4m" },
  Q5_K: { id: 13, block: 256, bytes: 176, form: "q8m" },
  Q6_K: { id: 14, block: 256, bytes: 210, form: "q8x16" },
} as const satisfies Readonly<Record<string, BlockType>>;

export type FloatDtype = keyof typeof FLOAT_BYTES;
export type BlockDtype = keyof typeof BLOCK_TYPES;
export type StoredDtype = FloatDtype | BlockDtype;

export const isBlocks = (name: string): name is BlockDtype => Object.hasOwn(BLOCK_TYPES, name);

export const isStored = (name: string): name is StoredDtype =>
  Object.hasOwn(FLOAT_BYTES, name) || isBlocks(name);

/** Bytes of so many elements, whole blocks of them. */
export function storedBytes(dtype: StoredDtype, elements: number): number {
  if (!isBlocks(dtype)) return elements * FLOAT_BYTES[dtype];
  const { block, bytes } = BLOCK_TYPES[dtype];
  return (elements / block) * bytes;
}

/** How to keep the parts of a matrix, stored as they are, without loss: what differs goes into the form that holds all blocks. */
export function layoutOf(first: StoredDtype, ...others: StoredDtype[]): WeightDtype {
  const form = isBlocks(first) ? BLOCK_TYPES[first].form : first === "BF16" ? "bf16" : "f32";
  if (others.every((other) => layoutOf(other) === form)) return form;
  return [first, ...others].every(isBlocks) ? HOLDS_ALL : "f32";
}
