/** Elements of quantized blocks, and the parts that blocks are read from. */

/** An element is scale * integer + min, each rounded to float32. */
export interface Element {
  readonly integer: number;
  readonly scale: number;
  readonly min: number;
}

/** Reads element i of a block. */
export type ElementReader = (block: Uint8Array, i: number) => Element;

export const byte = (block: Uint8Array, at: number) => block[at] as number;

export const signedByte = (block: Uint8Array, at: number) => (byte(block, at) << 24) >> 24;

export const word = (block: Uint8Array, at: number) => byte(block, at) | (byte(block, at + 1) << 8);

export const bit = (block: Uint8Array, at: number, i: number) => (byte(block, at + (i >> 3)) >> (i & 7)) & 1;

export const half = (block: Uint8Array, at: number): number => fromHalf(word(block, at));

/** IEEE binary16. */
export function fromHalf(bits: number): number {
  const [sign, exponent, fraction] = [bits >> 15 ? -1 : 1, (bits >> 10) & 31, bits & 1023];
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25));
}
