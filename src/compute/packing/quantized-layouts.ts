/**
 * Layouts of quantized weights in memory (assembly/quantized/layout.ts): one for each common type of ggml,
 * and three of 8 bits with floats as scales for the others. q8x16m holds all types. Scales and mins of 6 bits
 * of Q4_K and Q5_K are bytes.
 */
import { Layout } from "../kernels/table.ts";

export interface QuantizedLayout {
  /** The number that the kernels give it. */
  readonly layout: number;
  /** Inputs of a block. A row is whole blocks. */
  readonly inputs: 16 | 32 | 256;
  /** Bytes of a block of one output. */
  readonly bytes: number;
}

export const QUANTIZED_LAYOUTS = {
  q8_0: { layout: Layout.Q8_0, inputs: 32, bytes: 34 },
  q4_0: { layout: Layout.Q4_0, inputs: 32, bytes: 18 },
  q4_1: { layout: Layout.Q4_1, inputs: 32, bytes: 20 },
  q5_0: { layout: Layout.Q5_0, inputs: 32, bytes: 22 },
  q5_1: { layout: Layout.Q5_1, inputs: 32, bytes: 24 },
  mxfp4: { layout: Layout.MXFP4, inputs: 32, bytes: 17 },
  iq4_nl: { layout: Layout.IQ4_NL, inputs: 32, bytes: 18 },
  iq4_xs: { layout: Layout.IQ4_XS, inputs: 256, bytes: 138 },
  q2_k: { layout: Layout.Q2_K, inputs: 256, bytes: 84 },
  q3_k: { layout: Layout.Q3_K, inputs: 256, bytes: 110 },
  q4_k: { layout: Layout.Q4_K, inputs: 256, bytes: 148 },
  q5_k: { layout: Layout.Q5_K, inputs: 256, bytes: 180 },
  q6_k: { layout: Layout.Q6_K, inputs: 256, bytes: 210 },
  q8x32: { layout: Layout.Bytes32, inputs: 32, bytes: 36 },
  q8x16: { layout: Layout.Bytes16, inputs: 16, bytes: 20 },
  q8x16m: { layout: Layout.Bytes16Min, inputs: 16, bytes: 24 },
} as const satisfies Readonly<Record<string, QuantizedLayout>>;

export type QuantizedDtype = keyof typeof QUANTIZED_LAYOUTS;

/** The layout of matrices whose parts are stored in different block types. */
export const HOLDS_ALL = "q8x16m" satisfies QuantizedDtype;

export const isQuantized = (dtype: string): dtype is QuantizedDtype =>
  Object.hasOwn(QUANTIZED_LAYOUTS, dtype);
