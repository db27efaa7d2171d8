/**
 * Products with quantized weights, with the sizes of the float products, and the quantization of their
 * inputs.
 */
import { INPUT_BLOCK, QUANTIZED_TILE as TILE } from "../compute/kernels/table.ts";
import type { QuantizedDtype } from "../compute/packing/quantized-layouts.ts";
import type { BlockDtype } from "../compute/packing/stored-types.ts";
import { matrixBytes } from "../compute/tensor.ts";
import { INPUT_LEVELS, quantizedMatmul, quantizeRow } from "../reference/quantized.ts";
import { at } from "../reference/twins.ts";
import { MANY_OUTPUTS, matmulCases, promptBytes, ROWS, shape, WIDTH } from "./forward-kernels.ts";
import { type Experiment, type KernelCase, moving } from "./kernel-case.ts";
import type { Workbench } from "./workbench.ts";

/** The block type that each layout is measured with. */
export const BLOCKS_OF = {
  q8_0: "Q8_0",
  q4_0: "Q4_0",
  q4_1: "Q4_1",
  q5_0: "Q5_0",
  q5_1: "Q5_1",
  mxfp4: "MXFP4",
  q2_k: "Q2_K",
  q3_k: "Q3_K",
  q4_k: "Q4_K",
  q5_k: "Q5_K",
  q6_k: "Q6_K",
  iq4_nl: "IQ4_NL",
  iq4_xs: "IQ4_XS",
  q8x32: "IQ3_S",
  q8x16: "IQ2_S",
  q8x16m: "Q2_K",
} as const satisfies Readonly<Record<QuantizedDtype, BlockDtype>>;

export const LAYOUTS = Object.keys(BLOCKS_OF) as QuantizedDtype[];

const products = LAYOUTS.flatMap((layout) =>
  matmulCases(layout, 64 * Math.floor((MANY_OUTPUTS * WIDTH * 4) / matrixBytes(64, WIDTH, layout)), product),
);

function product(rows: number, outputs: number, layout: QuantizedDtype): KernelCase["prepare"] {
  return (bench) => {
    const x = bench.random(rows, WIDTH);
    const input = bench.tensor(x);
    const { matrix, elements } = bench.quantized(outputs, WIDTH, BLOCKS_OF[layout], layout);
    return {
      run: (on) => on.ops.linear(input, { weight: matrix(on) }),
      twin: () => quantizedMatmul(x, elements, layout),
    };
  };
}

/** Rows beside weights of 8 bits. */
function quantizeRows(bench: Workbench): Experiment {
  const x = bench.random(ROWS, WIDTH);
  const input = bench.tensor(x);
  return {
    run(on) {
      const tiles = on.ops.quantizeRows(input, "q8_0");
      return () => dequantized(on.ops.read(tiles));
    },
    twin: () =>
      x.map((row) => {
        const { integers, scales } = quantizeRow(row, INPUT_LEVELS);
        return integers.map((integer, i) => Math.fround(integer * at(scales, Math.floor(i / INPUT_BLOCK))));
      }),
  };
}

/**
 * Contents of tiles in the order of the rows: integers times their scales. Even inputs come before odd ones,
 * and 256 times the input before is subtracted from odd inputs.
 */
function dequantized(tiles: Float32Array): Float32Array {
  const words = new Int16Array(tiles.buffer);
  const groups = INPUT_BLOCK / 2;
  const word = (start: number, input: number): number =>
    words[(start + ((input & 1) * 8 + (input >> 2)) * TILE) * 2 + ((input >> 1) & 1)] ?? Number.NaN;
  return Float32Array.from({ length: ROWS * WIDTH }, (_, place) => {
    const [row, input] = [Math.floor(place / WIDTH), place % WIDTH];
    const blocks = Math.floor(row / TILE) * (WIDTH / INPUT_BLOCK) + Math.floor(input / INPUT_BLOCK);
    const start = blocks * TILE * (groups + 5) + (row % TILE);
    const own = input % INPUT_BLOCK;
    const integer = word(start, own) + (own & 1 ? 256 * word(start, own - 1) : 0);
    return integer * (tiles[start + groups * TILE] ?? Number.NaN);
  });
}

export const quantizedCases: readonly KernelCase[] = [
  ...products,
  moving("quantize-rows", shape(ROWS, WIDTH), "read", promptBytes(1), quantizeRows),
];
