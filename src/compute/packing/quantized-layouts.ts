/**
 * How quantized weights lie in memory. The panels of 8 outputs are those of all matrices; a panel is a stream of blocks:
 *
 *   integers [block / G groups][8 outputs], the G = 32 / bits integers of a group in 32 bits, the first in the lowest
 *   f32 scale [8 outputs]
 *   f32 min [8 outputs], in the layouts that have one
 *
 * A weight is scale * integer + min. Integers of 8 bits have a sign, but for blocks of 32 with a min, where they are below 128.
 * Those of 4 bits have none; without a min 8 is to be subtracted. The plain build stores some with the topmost bit inverted
 * (assembly/quantized/block.ts).
 */
import { PANEL } from "../kernels/table.ts";

export interface QuantizedLayout {
  readonly bits: 4 | 8;
  /** Inputs that share a scale. */
  readonly block: 16 | 32;
  readonly hasMin: boolean;
}

/** Each holds some of ggml's types exactly, to the last bit of a scale; q8x16m holds them all. */
export const QUANTIZED_LAYOUTS = {
  q8: { bits: 8, block: 32, hasMin: false },
  q8m: { bits: 8, block: 32, hasMin: true },
  q8x16: { bits: 8, block: 16, hasMin: false },
  q8x16m: { bits: 8, block: 16, hasMin: true },
  q4: { bits: 4, block: 32, hasMin: false },
  q4m: { bits: 4, block: 32, hasMin: true },
} as const satisfies Readonly<Record<string, QuantizedLayout>>;

export type QuantizedDtype = keyof typeof QUANTIZED_LAYOUTS;

/** The layout for matrices whose parts are stored in different block types. */
export const HOLDS_ALL = "q8x16m" satisfies QuantizedDtype;

export const isQuantized = (dtype: string): dtype is QuantizedDtype =>
  Object.hasOwn(QUANTIZED_LAYOUTS, dtype);

/** Bytes of a block of a panel. */
export function blockBytes(dtype: QuantizedDtype): number {
  const { bits, block, hasMin } = QUANTIZED_LAYOUTS[dtype];
  return PANEL * ((block * bits) / 8 + (hasMin ? 8 : 4));
}
