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

/** Of a Zen 4, relaxed build on Node 24: a row waits for memory, many rows for multiply-adds. */
const USUAL: Readonly<Record<string, number>> = {};
const USUAL_ROW = 0.75;
const USUAL_ROWS = 0.6;

export const shareOf = ({ shares }: MachineFigures, kernel: string): number =>
  shares[kernel] ?? USUAL[kernel] ?? (kernel.endsWith("-row") ? USUAL_ROW : USUAL_ROWS);
