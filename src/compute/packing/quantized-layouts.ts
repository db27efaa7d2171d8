/**
 * Layouts of quantized weights in memory. Panels hold 8 outputs, as in all matrices. A panel is a stream of
 * blocks:
 *
 *   integers [block / G groups][8 outputs]: a group is G = 32 / bits integers in 32 bits, the first in the lowest bits
 *   f32 scale [8 outputs]
 *   f32 min [8 outputs], in layouts that have one
 *
 * A weight is scale * integer + min. Integers of 8 bits are signed, except in blocks of 32 with a min, where
 * they are below 128. Integers of 4 bits are unsigned; without a min 8 is subtracted from them. The plain
 * build stores some with the topmost bit inverted (assembly/quantized/block.ts).
 */
import { PANEL } from "../kernels/table.ts";

export interface QuantizedLayout {
  readonly bits: 4 | 8;
  /** Inputs that share a scale. */
  readonly block: 16 | 32;
  readonly hasMin: boolean;
}

/**
 * Each layout holds some of the types of ggml exactly, to the last bit of a scale. q8x16m holds all of them.
 */
export const QUANTIZED_LAYOUTS = {
  q8: { bits: 8, block: 32, hasMin: false },
  q8m: { bits: 8, block: 32, hasMin: true },
  q8x16: { bits: 8, block: 16, hasMin: false },
  q8x16m: { bits: 8, block: 16, hasMin: true },
  q4: { bits: 4, block: 32, hasMin: false },
  q4m: { bits: 4, block: 32, hasMin: true },
} as const satisfies Readonly<Record<string, QuantizedLayout>>;

export type QuantizedDtype = keyof typeof QUANTIZED_LAYOUTS;

/** The layout of matrices whose parts are stored in different block types. */
export const HOLDS_ALL = "q8x16m" satisfies QuantizedDtype;

export const isQuantized = (dtype: string): dtype is QuantizedDtype =>
  Object.hasOwn(QUANTIZED_LAYOUTS, dtype);

/** Bytes of one block, for all 8 outputs. */
export function blockBytes(dtype: QuantizedDtype): number {
  const { bits, block, hasMin } = QUANTIZED_LAYOUTS[dtype];
  return PANEL * ((block * bits) / 8 + (hasMin ? 8 : 4));
}
