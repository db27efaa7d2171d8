/** What kernels reach of the rates of a machine, where they have not been measured there. */
import type { KvDtype } from "../compute/memory/kv-types.ts";
import type { WeightDtype } from "../compute/tensor.ts";
import type { MachineFigures } from "./machine.ts";

/** Types of weights that a product runs on. */
export type ProductDtype = Exclude<WeightDtype, "mixed">;

/** Names in `gpt bench kernels`. */
export const kernelOf = {
  row: (dtype: ProductDtype) => `matmul-${dtype}-row`,
  rows: (dtype: ProductDtype) => `matmul-${dtype}`,
  attentionRow: (dtype: KvDtype) => `attention-${dtype}-row`,
  attentionRows: (dtype: KvDtype) => `attention-${dtype}`,
} as const;

/**
 * Of a Zen 4, relaxed build on Node 24, two threads. Products of integers do more than the multiply-adds of
 * floats that they are held against.
 */
const USUAL: Readonly<Record<string, number>> = {
  "matmul-f32": 0.9,
  "matmul-f32-row": 1,
  "matmul-bf16": 0.89,
  "matmul-bf16-row": 0.55,
  "matmul-f16": 0.88,
  "matmul-f16-row": 0.56,
  "attention-f32": 0.52,
  "attention-f32-row": 0.78,
  "attention-f16": 0.46,
  "attention-f16-row": 0.53,
  "attention-q8_0": 0.43,
  "attention-q8_0-row": 0.23,
  "attention-q4_0": 0.4,
  "attention-q4_0-row": 0.09,
  "matmul-q8_0": 1.13,
  "matmul-q8_0-row": 1,
  "matmul-q4_0": 1.53,
  "matmul-q4_0-row": 0.71,
  "matmul-q4_1": 1.47,
  "matmul-q4_1-row": 0.69,
  "matmul-q5_0": 1.46,
  "matmul-q5_0-row": 0.57,
  "matmul-q5_1": 1.39,
  "matmul-q5_1-row": 0.55,
  "matmul-mxfp4": 1.46,
  "matmul-mxfp4-row": 0.57,
  "matmul-q2_k": 1.05,
  "matmul-q2_k-row": 0.31,
  "matmul-q3_k": 1.31,
  "matmul-q3_k-row": 0.34,
  "matmul-q4_k": 1.67,
  "matmul-q4_k-row": 0.79,
  "matmul-q5_k": 1.57,
  "matmul-q5_k-row": 0.59,
  "matmul-q6_k": 1.11,
  "matmul-q6_k-row": 0.5,
  "matmul-iq4_nl": 1.26,
  "matmul-iq4_nl-row": 0.36,
  "matmul-iq4_xs": 1.26,
  "matmul-iq4_xs-row": 0.35,
  "matmul-q8x32": 1.16,
  "matmul-q8x32-row": 1,
  "matmul-q8x16": 1.02,
  "matmul-q8x16-row": 1,
  "matmul-q8x16m": 0.95,
  "matmul-q8x16m-row": 1,
};
const USUAL_ROW = 0.75;
const USUAL_ROWS = 0.6;

export const shareOf = ({ shares }: MachineFigures, kernel: string): number =>
  shares[kernel] ?? USUAL[kernel] ?? (kernel.endsWith("-row") ? USUAL_ROW : USUAL_ROWS);
