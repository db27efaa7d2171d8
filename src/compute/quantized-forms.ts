/**
 * How quantized weights lie in memory. The panels of 8 outputs are those of all matrices; a panel is a stream of blocks:
 *
 *   integers [block / 4 quads of inputs]: for 8 bits i8 [8 outputs][4 inputs]; for 4 bits u8 [4 outputs][4 inputs], output o in
 *     the lower half of a byte and output o + 4 in the upper
 *   f32 scale [8 outputs]
 *   f32 min [8 outputs], in the forms that have one
 *
 * A weight is scale * integer + min. Of 4 bits without a min the integer is the stored one less 8.
 */

export interface QuantizedForm {
  readonly bits: 4 | 8;
  /** Inputs that share a scale. */
  readonly block: 16 | 32;
  readonly hasMin: boolean;
}

/** Each holds some of ggml's types exactly, to the last bit of a scale. */
export const QUANTIZED_FORMS = {
  q8: { bits: 8, block: 32, hasMin: false },
  q8m: { bits: 8, block: 32, hasMin: true },
  q8x16: { bits: 8, block: 16, hasMin: false },
  q4: { bits: 4, block: 32, hasMin: false },
  q4m: { bits: 4, block: 32, hasMin: true },
} as const satisfies Readonly<Record<string, QuantizedForm>>;

export type QuantizedDtype = keyof typeof QUANTIZED_FORMS;

/** Inputs that share a scale once they are quantized for a product: the inputs of a quantized matrix are a multiple. */
export const INPUT_BLOCK = 32;

export const isQuantized = (dtype: string): dtype is QuantizedDtype => dtype in QUANTIZED_FORMS;

/** Bytes of a block of a panel. */
export function blockBytes(dtype: QuantizedDtype): number {
  const { bits, block, hasMin } = QUANTIZED_FORMS[dtype];
  return block * bits + (hasMin ? 64 : 32);
}
