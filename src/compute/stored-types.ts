/** Element types of stored weights: floats, and the block types of ggml (ggml-common.h) by its names. */
import type { WeightDtype } from "./tensor.ts";

interface StoredType {
  /** Elements that are stored together; a row is a whole number of blocks. */
  readonly block: number;
  readonly bytes: number;
  /** The form that keeps it as it is, or widens it. */
  readonly form: WeightDtype;
}

export const STORED_TYPES = {
  F32: { block: 1, bytes: 4, form: "f32" },
  F16: { block: 1, bytes: 2, form: "f32" },
  BF16: { block: 1, bytes: 2, form: "bf16" },
  Q8_0: { block: 32, bytes: 34, form: "q8" },
  Q4_0: { block: 32, bytes: 18, form: "q4" },
  Q4_1: { block: 32, bytes: 20, form: "q4m" },
  Q5_0: { block: 32, bytes: 22, form: "q8" },
  Q5_1: { block: 32, bytes: 24, form: "q8m" },
  Q4_K: { block: 256, bytes: 144, form: "q4m" },
  Q5_K: { block: 256, bytes: 176, form: "q8m" },
  Q6_K: { block: 256, bytes: 210, form: "q8x16" },
} as const satisfies Readonly<Record<string, StoredType>>;

export type StoredDtype = keyof typeof STORED_TYPES;

export const isStored = (name: string): name is StoredDtype => name in STORED_TYPES;

/** Bytes of so many elements, whole blocks of them. */
export function storedBytes(dtype: StoredDtype, elements: number): number {
  const { block, bytes } = STORED_TYPES[dtype];
  return (elements / block) * bytes;
}

/** How to keep a stored type in memory without loss. */
export const formOf = (dtype: StoredDtype): WeightDtype => STORED_TYPES[dtype].form;
