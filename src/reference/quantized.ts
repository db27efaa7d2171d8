/** Scalar twins of the quantized kernels: the product by its definition. */
import { INPUT_BLOCK } from "../compute/kernels/table.ts";
import type { QuantizedDtype } from "../compute/packing/quantized-layouts.ts";
import type { Element } from "./elements.ts";

const { fround } = Math;

/** Inputs that share a scale in a layout. */
const blockOf = (layout: QuantizedDtype): number =>
  ["q2_k", "q3_k", "q6_k", "q8x16", "q8x16m"].includes(layout) ? 16 : INPUT_BLOCK;

/** Levels of quantized inputs on either side of 0. */
export const INPUT_LEVELS = 127;

/** A row of inputs as integers, with a scale for each 32 of them. */
export interface QuantizedRow {
  readonly integers: readonly number[];
  readonly scales: readonly number[];
}

/** @param levels of the integers on either side of 0 */
export function quantizeRow(x: readonly number[], levels: number): QuantizedRow {
  const integers: number[] = [];
  const scales: number[] = [];
  for (let first = 0; first < x.length; first += INPUT_BLOCK) {
    const block = x.slice(first, first + INPUT_BLOCK);
    const largest = Math.max(...block.map(Math.abs));
    const inverse = largest < 1e-30 ? 0 : fround(levels / largest);
    integers.push(...block.map((v) => roundToEven(fround(v * inverse))));
    scales.push(fround(largest / levels));
  }
  return { integers, scales };
}

function roundToEven(x: number): number {
  const [floor, fraction] = [Math.floor(x), x - Math.floor(x)];
  return fraction === 0.5 ? floor + (floor % 2 === 0 ? 0 : 1) : Math.round(x);
}

/** x W^T with weights in a layout. The plain build has the same bits; the relaxed build fuses additions. */
export function quantizedMatmul(
  x: readonly number[][],
  weights: readonly (readonly Element[])[],
  layout: QuantizedDtype,
): number[][] {
  const block = blockOf(layout);
  return x.map((row) => {
    const inputs = quantizeRow(row, INPUT_LEVELS);
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
