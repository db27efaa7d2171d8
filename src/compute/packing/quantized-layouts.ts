/**
 * How quantized weights lie in memory. The panels of 8 outputs are those of all matrices; a panel is a stream of blocks:
 *
 *   integers [block / G groups][8 outputs], the G = 32 / bits integers of a group in 32 bits, the first in the lowest
 *   f32 scale [8 outputs]
 *   f32 min [8 outputs], in the forms that have one
 *
 * A weight is scale * integer + min. Integers of 8 bits have a sign, but for blocks of 32 with a min, where they are below 128.
 * Those of 4 bits have none; without a min 8 is to be subtracted. The plain build stores some with the topmost bit inverted
 * (assembly/quantized/block.ts).
 */

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

/** The form for matrices whose parts are stored in different block types. */
export const HOLDS_ALL = "q8x16m" satisfies QuantizedDtype;

/** Inputs that share a scale once they are quantized for a product: the inputs of a quantized matrix are a multiple. */
export const INPUT_BLOCK = 32;

export const isQuantized = (dtype: string): dtype is QuantizedDtype =>
  Object.hasOwn(QUANTIZED_LAYOUTS, dtype);

/** How the kernels are told a form. */
export function layoutArguments(dtype: QuantizedDtype): number[] {
  const { bits, block, hasMin } = QUANTIZED_LAYOUTS[dtype];
  return [bits, block, Number(hasMin)];
}

/** Bytes of a block of a panel. */
export function blockBytes(dtype: QuantizedDtype): number {
  const { bits, block, hasMin } = QUANTIZED_LAYOUTS[dtype];
  return block * bits + (hasMin ? 64 : 32);
}
