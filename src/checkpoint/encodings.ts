/**
 * Encodes f32 as the bytes of a stored type, rounded as in the reference code of ggml (quantize_row_*_ref in
 * ggml-quants.c).
 */
import { bytesOfType, ggmlType, HALF_FLOATS } from "./gguf/ggml-types.ts";
import { toBfloat16, toHalf } from "./half.ts";

/**
 * The types that this module encodes, number by number. Kernels encode all other types (assembly/encoding).
 */
export type EncodedType =
  | SimpleType
  | ("Q4_1" | "Q5_0" | "Q5_1" | "Q2_K" | "Q3_K" | "Q4_K" | "Q5_K" | "Q6_K" | "IQ4_NL" | "IQ4_XS" | "MXFP4");

/** Types that are encoded here. */
type SimpleType = "F32" | "F16" | "BF16" | "Q8_0" | "Q4_0";

export const isSimple = (type: EncodedType): type is SimpleType => Object.hasOwn(encoders, type);

const BLOCK = 32;
const SCALE_BYTES = 2;
const { fround } = Math;

const encoders: Readonly<Record<SimpleType, (values: Float32Array) => Uint8Array>> = {
  F32: (values) => new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
  F16: (values) => words(values, toHalf),
  BF16: (values) => words(values, toBfloat16),
  Q8_0,
  Q4_0,
};

/**
 * @param values a whole number of blocks
 * @returns little-endian; for F32 the memory of the values themselves
 */
export const encode = (type: SimpleType, values: Float32Array): Uint8Array => encoders[type](values);

/** Place and exponent bits of the upper word of floats. All are set in infinities and NaN. */
const FLOATS: Readonly<Record<string, { readonly at: number; readonly bits: number }>> = {
  F32: { at: 2, bits: 0x7f80 },
  F16: { at: 0, bits: 0x7c00 },
  BF16: { at: 0, bits: 0x7f80 },
};
const HALF_EXPONENT = 0x7c00;

/** Whether encoded values are all numbers that the type can hold: no infinity, no NaN. */
export function areFinite(type: EncodedType, bytes: Uint8Array): boolean {
  const { at, bits } = FLOATS[type] ?? { at: 0, bits: HALF_EXPONENT };
  const places = FLOATS[type] ? [at] : (HALF_FLOATS[type] ?? []);
  const { bytesPerBlock } = ggmlType(type);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (const place of places) {
    for (let i = place; i < bytes.length; i += bytesPerBlock) {
      if ((view.getUint16(i, true) & bits) === bits) return false;
    }
  }
  return true;
}

function words(values: Float32Array, convert: (value: number) => number): Uint8Array {
  const out = new Uint16Array(values.length);
  for (let i = 0; i < values.length; i++) out[i] = convert(values[i] as number);
  return new Uint8Array(out.buffer);
}

/** A block is an f16 scale and 32 signed bytes. */
function Q8_0(values: Float32Array): Uint8Array {
  const out = new Uint8Array(bytesOfType("Q8_0", values.length));
  for (let first = 0, at = 0; first < values.length; first += BLOCK) {
    const scale = fround(Math.abs(extreme(values, first)) / 127);
    const inverse = scale === 0 ? 0 : fround(1 / scale);
    at = putScale(out, at, scale);
    for (let i = first; i < first + BLOCK; i++) {
      const x = fround((values[i] as number) * inverse);
      out[at++] = x + (x < 0 ? -0.5 : 0.5); // the store truncates: halves round away from zero
    }
  }
  return out;
}

/**
 * A block is an f16 scale and 16 bytes: the first half of the values in the low nibbles, the second in the
 * high nibbles.
 */
function Q4_0(values: Float32Array): Uint8Array {
  const out = new Uint8Array(bytesOfType("Q4_0", values.length));
  for (let first = 0, at = 0; first < values.length; first += BLOCK) {
    const scale = fround(extreme(values, first) / -8);
    const inverse = scale === 0 ? 0 : fround(1 / scale);
    at = putScale(out, at, scale);
    for (let i = first; i < first + BLOCK / 2; i++) {
      const low = nibble(values[i] as number, inverse);
      out[at++] = low | (nibble(values[i + BLOCK / 2] as number, inverse) << 4);
    }
  }
  return out;
}

const nibble = (value: number, inverse: number): number =>
  Math.min(15, Math.trunc(fround(fround(value * inverse) + 8.5)));

/** @returns the place after the scale */
function putScale(out: Uint8Array, at: number, scale: number): number {
  const half = toHalf(scale);
  out[at] = half & 0xff;
  out[at + 1] = half >>> 8;
  return at + SCALE_BYTES;
}

/**
 * The value of the largest magnitude in a block, with its sign, and the first of equal ones. NaN if the block
 * has one.
 */
function extreme(values: Float32Array, first: number): number {
  let found = 0;
  for (let i = first; i < first + BLOCK; i++) {
    const value = values[i] as number;
    // No later value is larger than NaN.
    if (Math.abs(value) > Math.abs(found) || Number.isNaN(value)) found = value;
  }
  return found;
}
