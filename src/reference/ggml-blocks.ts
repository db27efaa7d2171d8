/** Scalar twins: the elements of ggml blocks by their definition (dequantize_row_* in ggml-quants.c). */
import { BLOCK_TYPES, type BlockDtype } from "../compute/packing/stored-types.ts";
import { bit, byte, type Element, type ElementReader, half, signedByte } from "./elements.ts";
import { gridReaders } from "./grid-blocks.ts";

const { fround } = Math;

/** The numbers of 4 bits of IQ4_NL and IQ4_XS. */
const NONLINEAR = [-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113];

export const value = ({ integer, scale, min }: Element): number => fround(fround(scale * integer) + min);

/** Elements of whole blocks. */
export function elementsOf(type: BlockDtype, stored: Uint8Array): Element[] {
  const { block, bytes } = BLOCK_TYPES[type];
  const blocks = Array.from({ length: stored.length / bytes }, (_, i) => stored.subarray(i * bytes));
  return blocks.flatMap((own) => Array.from({ length: block }, (_, i) => readers[type](own, i)));
}

/** 32 elements in 16 bytes: the first half in the lower nibbles. */
const nibble = (block: Uint8Array, at: number, i: number) =>
  (byte(block, at + (i % 16)) >> (i < 16 ? 0 : 4)) & 15;

const readers: Readonly<Record<BlockDtype, ElementReader>> = {
  Q4_0: (b, i) => ({ integer: nibble(b, 2, i) - 8, scale: half(b, 0), min: 0 }),
  Q4_1: (b, i) => ({ integer: nibble(b, 4, i), scale: half(b, 0), min: half(b, 2) }),
  Q5_0: (b, i) => ({ integer: (nibble(b, 6, i) | (bit(b, 2, i) << 4)) - 16, scale: half(b, 0), min: 0 }),
  Q5_1: (b, i) => ({ integer: nibble(b, 8, i) | (bit(b, 4, i) << 4), scale: half(b, 0), min: half(b, 2) }),
  Q8_0: (b, i) => ({ integer: signedByte(b, 2 + i), scale: half(b, 0), min: 0 }),
  Q4_K: (b, i) => ({ integer: pairedNibble(b, 16, i), ...superBlock(b, i >> 5) }),
  Q5_K: (b, i) => {
    const high = (byte(b, 16 + (i % 32)) >> (i >> 5)) & 1;
    return { integer: pairedNibble(b, 48, i) | (high << 4), ...superBlock(b, i >> 5) };
  },
  Q6_K: (b, i) => {
    const [half128, quarter, l] = [i >> 7, (i >> 5) & 3, i % 32];
    const low = (byte(b, half128 * 64 + (quarter % 2) * 32 + l) >> (quarter < 2 ? 0 : 4)) & 15;
    const high = (byte(b, 128 + half128 * 32 + l) >> (2 * quarter)) & 3;
    const scale = signedByte(b, 192 + (i >> 4));
    return { integer: (low | (high << 4)) - 32, scale: fround(half(b, 208) * scale), min: 0 };
  },
  IQ4_NL: (b, i) => ({ integer: NONLINEAR[nibble(b, 2, i)] ?? 0, scale: half(b, 0), min: 0 }),
  IQ4_XS: (b, i) => {
    const part = i >> 5;
    const low = (byte(b, 4 + (part >> 1)) >> (4 * (part % 2))) & 15;
    const high = (byte(b, 2 + (part >> 2)) >> (2 * (part % 4))) & 3;
    const integer = NONLINEAR[nibble(b, 8 + 16 * part, i % 32)] ?? 0;
    return { integer, scale: fround(half(b, 0) * ((low | (high << 4)) - 32)), min: 0 };
  },
  Q2_K: (b, i) => {
    const both = byte(b, i >> 4);
    const [scale, min] = [fround(half(b, 80) * (both & 15)), -fround(half(b, 82) * (both >> 4))];
    return { integer: pairOfBits(b, 16, i), scale, min };
  },
  Q3_K: (b, i) => {
    const part = i >> 4;
    const low = (byte(b, 96 + (part % 8)) >> (part < 8 ? 0 : 4)) & 15;
    const high = (byte(b, 104 + (part % 4)) >> (2 * (part >> 2))) & 3;
    const third = (byte(b, i % 32) >> (i >> 5)) & 1;
    const scale = fround(half(b, 108) * ((low | (high << 4)) - 32));
    return { integer: (pairOfBits(b, 32, i) | (third << 2)) - 4, scale, min: 0 };
  },
  ...gridReaders,
  // A number of 4 bits has a sign, two bits of exponent and one of fraction; doubled, it is an integer.
  MXFP4: (b, i) => {
    const bits = nibble(b, 1, i);
    const [exponent, fraction] = [(bits >> 1) & 3, bits & 1];
    const doubled = exponent === 0 ? fraction : (2 + fraction) * 2 ** (exponent - 1);
    return { integer: bits < 8 ? doubled : 0 - doubled, scale: 2 ** (byte(b, 0) - 128), min: 0 };
  },
};

/** 128 elements in 32 bytes: four times 32 of 2 bits. */
const pairOfBits = (block: Uint8Array, at: number, i: number) =>
  (byte(block, at + (i >> 7) * 32 + (i % 32)) >> (2 * ((i >> 5) & 3))) & 3;

/** 64 elements in 32 bytes: the first 32 in the lower nibbles. */
const pairedNibble = (block: Uint8Array, at: number, i: number) =>
  (byte(block, at + (i >> 6) * 32 + (i % 32)) >> (i % 64 < 32 ? 0 : 4)) & 15;

/** Scale and min number j, of 6 bits each (get_scale_min_k4). */
function superBlock(block: Uint8Array, j: number): Pick<Element, "scale" | "min"> {
  const packed = (i: number) => byte(block, 4 + i);
  const [scale, min] =
    j < 4
      ? [packed(j) & 63, packed(j + 4) & 63]
      : [(packed(j + 4) & 15) | ((packed(j - 4) >> 6) << 4), (packed(j + 4) >> 4) | ((packed(j) >> 6) << 4)];
  return { scale: fround(half(block, 0) * scale), min: -fround(half(block, 2) * min) };
}
