/** Element types of stored weights: floats, and the block types of ggml with its names (ggml-common.h). */

import { GgmlType } from "../kernels/table.ts";
import type { WeightDtype } from "../tensor.ts";
import type { QuantizedDtype } from "./quantized-layouts.ts";

const FLOAT_BYTES = { F32: 4, F16: 2, BF16: 2 } as const;
const FLOAT_LAYOUTS = { F32: "f32", F16: "f16", BF16: "bf16" } as const;

interface BlockType {
  /** The number that ggml and the kernels give it. */
  readonly id: number;
  /** Elements of a block; a row is whole blocks. */
  readonly block: number;
  readonly bytes: number;
  /** Its layout in memory. */
  readonly layout: QuantizedDtype;
  /**
   * Whether a kernel of its own turns blocks into integers and scales first
   * (assembly/packing/expand-blocks.ts).
   */
  readonly isExpanded?: true;
}

export const BLOCK_TYPES = {
  Q4_0: { id: GgmlType.Q4_0, block: 32, bytes: 18, layout: "q4_0" },
  Q4_1: { id: GgmlType.Q4_1, block: 32, bytes: 20, layout: "q4_1" },
  Q5_0: { id: GgmlType.Q5_0, block: 32, bytes: 22, layout: "q5_0" },
  Q5_1: { id: GgmlType.Q5_1, block: 32, bytes: 24, layout: "q5_1" },
  Q8_0: { id: GgmlType.Q8_0, block: 32, bytes: 34, layout: "q8_0" },
  Q4_K: { id: GgmlType.Q4_K, block: 256, bytes: 144, layout: "q4_k" },
  Q5_K: { id: GgmlType.Q5_K, block: 256, bytes: 176, layout: "q5_k" },
  Q6_K: { id: GgmlType.Q6_K, block: 256, bytes: 210, layout: "q6_k" },
  MXFP4: { id: GgmlType.MXFP4, block: 32, bytes: 17, layout: "mxfp4" },
  IQ4_NL: { id: GgmlType.IQ4_NL, block: 32, bytes: 18, layout: "iq4_nl" },
  IQ4_XS: { id: GgmlType.IQ4_XS, block: 256, bytes: 136, layout: "iq4_xs" },
  Q3_K: { id: GgmlType.Q3_K, block: 256, bytes: 110, layout: "q3_k" },
  Q2_K: { id: GgmlType.Q2_K, block: 256, bytes: 84, layout: "q2_k" },
  IQ3_S: { id: GgmlType.IQ3_S, block: 256, bytes: 110, layout: "q8x32", isExpanded: true },
  IQ3_XXS: { id: GgmlType.IQ3_XXS, block: 256, bytes: 98, layout: "q8x32", isExpanded: true },
  IQ2_S: { id: GgmlType.IQ2_S, block: 256, bytes: 82, layout: "q8x16", isExpanded: true },
  IQ2_XS: { id: GgmlType.IQ2_XS, block: 256, bytes: 74, layout: "q8x16", isExpanded: true },
  IQ2_XXS: { id: GgmlType.IQ2_XXS, block: 256, bytes: 66, layout: "q8x32", isExpanded: true },
  IQ1_M: { id: GgmlType.IQ1_M, block: 256, bytes: 56, layout: "q8x16", isExpanded: true },
  IQ1_S: { id: GgmlType.IQ1_S, block: 256, bytes: 50, layout: "q8x32", isExpanded: true },
  TQ1_0: { id: GgmlType.TQ1_0, block: 256, bytes: 54, layout: "q8x32", isExpanded: true },
  TQ2_0: { id: GgmlType.TQ2_0, block: 256, bytes: 66, layout: "q8x32", isExpanded: true },
} as const satisfies Readonly<Record<string, BlockType>>;

export type FloatDtype = keyof typeof FLOAT_BYTES;
export type BlockDtype = keyof typeof BLOCK_TYPES;
export type StoredDtype = FloatDtype | BlockDtype;

export const isBlocks = (name: string): name is BlockDtype => Object.hasOwn(BLOCK_TYPES, name);

/** Whether blocks of the type are expanded when they are read. */
export const isExpanded = (name: string): boolean => isBlocks(name) && "isExpanded" in BLOCK_TYPES[name];

/** Whether weights of the type take more bits in memory than in files: those without a layout of their own. */
export const isWidened = (name: string): boolean =>
  isBlocks(name) && BLOCK_TYPES[name].layout !== name.toLowerCase();

export const isStored = (name: string): name is StoredDtype =>
  Object.hasOwn(FLOAT_BYTES, name) || isBlocks(name);

/** Bytes of elements that fill whole blocks. */
export function storedBytes(dtype: StoredDtype, elements: number): number {
  if (!isBlocks(dtype)) return elements * FLOAT_BYTES[dtype];
  const { block, bytes } = BLOCK_TYPES[dtype];
  return (elements / block) * bytes;
}

/**
 * The layout that keeps all parts of a stored matrix without loss. Parts in different layouts of blocks stay
 * as they are, each a piece of the matrix.
 */
export function layoutOf(first: StoredDtype, ...others: StoredDtype[]): WeightDtype {
  const layout = isBlocks(first) ? BLOCK_TYPES[first].layout : FLOAT_LAYOUTS[first];
  if (others.every((other) => layoutOf(other) === layout)) return layout;
  return [first, ...others].every(isBlocks) ? "mixed" : "f32";
}
