/** Scalar twins of the quantized kernels: elements of ggml blocks, and the product by its definition. */
import type { Simd } from "../compute/kernels/kernels.ts";
import { INPUT_BLOCK } from "../compute/kernels/table.ts";
import { QUANTIZED_LAYOUTS, type QuantizedDtype } from "../compute/packing/quantized-layouts.ts";
import { BLOCK_TYPES, type BlockDtype } from "../compute/packing/stored-types.ts";

const { fround } = Math;

/** An element is scale * integer + min, each rounded to float32. */
export interface Element {
  readonly integer: number;
  readonly scale: number;
  readonly min: number;
}

export const value = ({ integer, scale, min }: Element): number => fround(fround(scale * integer) + min);

/** Elements of whole blocks (dequantize_row_* in ggml-quants.c). */
export function elementsOf(type: BlockDtype, stored: Uint8Array): Element[] {
  const { block, bytes } = BLOCK_TYPES[type];
  const blocks = Array.from({ length: stored.length / bytes }, (_, i) => stored.subarray(i * bytes));
  return blocks.flatMap((own) => Array.from({ length: block }, (_, i) => readers[type](own, i)));
}

type ElementReader = (block: Uint8Array, i: number) => Element;

const byte = (block: Uint8Array, at: number) => block[at] as number;

/** 32 elements in 16 bytes: the first half in the lower nibbles. */
const nibble = (block: Uint8Array, at: number, i: number) =>
  (byte(block, at + (i % 16)) >> (i < 16 ? 0 : 4)) & 15;

const bit = (block: Uint8Array, at: number, i: number) => (byte(block, at + (i >> 3)) >> (i & 7)) & 1;

const readers: Readonly<Record<BlockDtype, ElementReader>> = {
  Q4_0: (b, i) => ({ integer: nibble(b, 2, i) - 8, scale: half(b, 0), min: 0 }),
  Q4_1: (b, i) => ({ integer: nibble(b, 4, i), scale: half(b, 0), min: half(b, 2) }),
  Q5_0: (b, i) => ({ integer: (nibble(b, 6, i) | (bit(b, 2, i) << 4)) - 16, scale: half(b, 0), min: 0 }),
  Q5_1: (b, i) => ({ integer: nibble(b, 8, i) | (bit(b, 4, i) << 4), scale: half(b, 0), min: half(b, 2) }),
  Q8_0: (b, i) => ({ integer: (byte(b, 2 + i) << 24) >> 24, scale: half(b, 0), min: 0 }),
  Q4_K: (b, i) => ({ integer: pairedNibble(b, 16, i), ...superBlock(b, i >> 5) }),
  Q5_K: (b, i) => {
    const high = (byte(b, 16 + (i % 32)) >> (i >> 5)) & 1;
    return { integer: pairedNibble(b, 48, i) | (high << 4), ...superBlock(b, i >> 5) };
  },
  Q6_K: (b, i) => {
    const [half128, quarter, l] = [i >> 7, (i >> 5) & 3, i % 32];
    const low = (byte(b, half128 * 64 + (quarter % 2) * 32 + l) >> (quarter < 2 ? 0 : 4)) & 15;
    const high = (byte(b, 128 + half128 * 32 + l) >> (2 * quarter)) & 3;
    const scale = (byte(b, 192 + (i >> 4)) << 24) >> 24;
    return { integer: (low | (high << 4)) - 32, scale: fround(half(b, 208) * scale), min: 0 };
  },
  // A number of 4 bits has a sign, two bits of exponent and one of fraction; doubled, it is an integer.
  MXFP4: (b, i) => {
    const bits = nibble(b, 1, i);
    const [exponent, fraction] = [(bits >> 1) & 3, bits & 1];
    const doubled = exponent === 0 ? fraction : (2 + fraction) * 2 ** (exponent - 1);
    return { integer: bits < 8 ? doubled : 0 - doubled, scale: 2 ** (byte(b, 0) - 128), min: 0 };
  },
};

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

/** IEEE binary16. */
function half(block: Uint8Array, at: number): number {
  const bits = byte(block, at) | (byte(block, at + 1) << 8);
  const [sign, exponent, fraction] = [bits >> 15 ? -1 : 1, (bits >> 10) & 31, bits & 1023];
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25));
}

/** Whether the integers of a layout have a sign. */
export function isSigned(layout: QuantizedDtype): boolean {
  const { bits, block, hasMin } = QUANTIZED_LAYOUTS[layout];
  return bits === 8 && (block === 16 || !hasMin);
}

/**
 * Levels of quantized inputs on either side of 0, beside weights of this layout (assembly/quantized/rows.ts).
 */
export const inputLevels = (build: Simd, layout: QuantizedDtype): number =>
  build === "relaxed" && isSigned(layout) ? 63 : 127;

/** A row of inputs as integers, with a scale for each 32 of them. */
export interface QuantizedRow {
  readonly integers: readonly number[];
  readonly scales: readonly number[];
}

/**
 * @param levels of the integers on either side of 0
 * @param size inputs that share a scale
 */
export function quantizeRow(x: readonly number[], levels: number, size = INPUT_BLOCK): QuantizedRow {
  const integers: number[] = [];
  const scales: number[] = [];
  for (let first = 0; first < x.length; first += size) {
    const block = x.slice(first, first + size);
    const largest = Math.max(...block.map(Math.abs));
    const inverse = largest < 1e-30 ? 0 : fround(levels / largest);
    integers.push(...block.map((v) => roundToEven(fround(v * inverse))));
    scales.push(fround(largest / levels));
  }
  return { integers, scales };
}

/** A key or value of a head after it was stored in an int8 cache. */
export function int8Rounded(x: readonly number[]): number[] {
  const { integers, scales } = quantizeRow(x, 127, x.length);
  return integers.map((integer) => integer * (scales[0] ?? 0));
}

function roundToEven(x: number): number {
  const [floor, fraction] = [Math.floor(x), x - Math.floor(x)];
  return fraction === 0.5 ? floor + (floor % 2 === 0 ? 0 : 1) : Math.round(x);
}

/** x W^T with weights in a layout, as a build computes it. The plain build has the same bits. */
export function quantizedMatmul(
  x: readonly number[][],
  weights: readonly (readonly Element[])[],
  layout: QuantizedDtype,
  build: Simd,
): number[][] {
  const { block } = QUANTIZED_LAYOUTS[layout];
  const levels = inputLevels(build, layout);
  return x.map((row) => {
    const inputs = quantizeRow(row, levels);
    return weights.map((own) => quantizedDot(inputs, own, block));
  });
}

/**
 * One output: blocks in their order, in each the exact sum of products of integers, scaled in float32.
 *
 * @param block inputs that share a scale of the weights
 */
function quantizedDot(
  { integers, scales }: QuantizedRow,
  weights: readonly Element[],
  block: number,
): number {
  let total = 0;
  for (let first = 0; first < integers.length; first += block) {
    let [dot, all] = [0, 0];
    for (let i = first; i < first + block; i++) {
      const input = integers[i] as number;
      dot += input * (weights[i] as Element).integer;
      all += input;
    }
    const { scale, min } = weights[first] as Element;
    const inputScale = scales[Math.floor(first / INPUT_BLOCK)] as number;
    total = fround(total + fround(fround(fround(dot * scale) + fround(min * all)) * inputScale));
  }
  return total;
}
