/** Scalar twins: the elements of the IQ and TQ types of ggml, by their definition. */
import { gridOf } from "../compute/packing/block-grids.ts";
import { bit, byte, type Element, type ElementReader, fromHalf, half, word } from "./elements.ts";

const { fround } = Math;

const nibbleOf = (block: Uint8Array, at: number, i: number) =>
  (byte(block, at + (i >> 1)) >> (4 * (i % 2))) & 15;

const product = (...factors: readonly number[]): number =>
  factors.reduce((value, factor) => fround(value * factor), 1);

const element = (integer: number, scale: number): Element => ({ integer, scale, min: 0 });

/** Number `i` of the row of a grid. */
const inGrid = (type: string, width: number, row: number, i: number): number =>
  gridOf(type)[row * width + i] as number;

/** The sign of element i of 8 that share 7 bits: the number of negative ones is even. */
function signOf(seven: number, i: number): number {
  const ones = [...seven.toString(2)].filter((digit) => digit === "1").length;
  return ((seven | ((ones % 2) << 7)) >> i) & 1;
}

const negated = (isNegative: number, value: number) => (isNegative ? -value : value);

/** Bits of a word of 32 bits. */
const bitsOf = (block: Uint8Array, at: number, first: number, count: number): number =>
  ((word(block, at) + word(block, at + 2) * 65536) / 2 ** first) & (2 ** count - 1);

export const gridReaders = {
  IQ2_XXS: (b, i) => {
    const [at, eight] = [2 + 8 * (i >> 5), (i >> 3) % 4];
    const sign = signOf(bitsOf(b, at + 4, 7 * eight, 7), i % 8);
    const integer = negated(sign, inGrid("IQ2_XXS", 8, byte(b, at + eight), i % 8));
    return element(integer, product(half(b, 0), 0.5 + bitsOf(b, at + 4, 28, 4), 0.25));
  },
  IQ2_XS: (b, i) => {
    const own = word(b, 2 + 2 * (i >> 3));
    const integer = negated(signOf(own >> 9, i % 8), inGrid("IQ2_XS", 8, own & 511, i % 8));
    return element(integer, product(half(b, 0), 0.5 + nibbleOf(b, 66, i >> 4), 0.25));
  },
  IQ2_S: (b, i) => {
    const row = byte(b, 2 + (i >> 3)) | (((byte(b, 66 + (i >> 5)) >> (2 * ((i >> 3) % 4))) & 3) << 8);
    const integer = negated(bit(b, 34, i), inGrid("IQ2_S", 8, row, i % 8));
    return element(integer, product(half(b, 0), 0.5 + nibbleOf(b, 74, i >> 4), 0.25));
  },
  IQ3_XXS: (b, i) => {
    const at = 66 + 4 * (i >> 5);
    const sign = signOf(bitsOf(b, at, 7 * ((i >> 3) % 4), 7), i % 8);
    const integer = negated(sign, inGrid("IQ3_XXS", 4, byte(b, 2 + (i >> 2)), i % 4));
    return element(integer, product(half(b, 0), 0.5 + bitsOf(b, at, 28, 4), 0.5));
  },
  IQ3_S: (b, i) => {
    const row = byte(b, 2 + (i >> 2)) | (bit(b, 66, i >> 2) << 8);
    const integer = negated(bit(b, 74, i), inGrid("IQ3_S", 4, row, i % 4));
    return element(integer, product(half(b, 0), 1 + 2 * nibbleOf(b, 106, i >> 5)));
  },
  IQ1_S: (b, i) => {
    const own = word(b, 34 + 2 * (i >> 5));
    const row = byte(b, 2 + (i >> 3)) | (((own >> (3 * ((i >> 3) % 4))) & 7) << 8);
    const integer = inGrid("IQ1_S", 8, row, i % 8) + (own >> 15 ? -1 : 1);
    return element(integer, product(half(b, 0), 2 * ((own >> 12) & 7) + 1, 0.125));
  },
  IQ1_M: (b, i) => {
    const scales = [0, 1, 2, 3].map((k) => word(b, 48 + 2 * k));
    const bits = scales.reduce((sum, own, k) => sum | ((own >> 12) << (4 * k)), 0);
    const group = i >> 4;
    const factor = ((scales[group >> 2] as number) >> (3 * (group % 4))) & 7;
    const high = nibbleOf(b, 32, i >> 3);
    const row = byte(b, i >> 3) | ((high & 7) << 8);
    const integer = inGrid("IQ1_M", 8, row, i % 8) + (high & 8 ? -1 : 1);
    return element(integer, product(fromHalf(bits), 2 * factor + 1, 0.125));
  },
  TQ1_0: (b, i) => {
    const [place, digit] =
      i < 160 ? [i % 32, i >> 5] : i < 240 ? [32 + (i % 16), (i - 160) >> 4] : [48 + (i % 4), (i - 240) >> 2];
    const fraction = (byte(b, place) * 3 ** digit) % 256;
    return element(((fraction * 3) >> 8) - 1, half(b, 52));
  },
  TQ2_0: (b, i) => {
    const bits = (byte(b, 32 * (i >> 7) + (i % 32)) >> (2 * ((i >> 5) & 3))) & 3;
    return element(bits - 1, half(b, 64));
  },
} as const satisfies Readonly<Record<string, ElementReader>>;
