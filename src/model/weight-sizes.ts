/** Bytes of the weights of a decoder in each type of ggml, from the weight table. */
import { bytesOfType, ggmlType } from "../checkpoint/ggml-types.ts";
import type { DecoderConfig } from "./config.ts";
import { weightTable } from "./weights.ts";

/** Types that models are converted to, the largest first. */
export const WEIGHT_TYPES = [
  "F32",
  "F16",
  "Q8_0",
  "Q6_K",
  "Q5_1",
  "Q5_K",
  "Q5_0",
  "Q4_1",
  "Q4_K",
  "Q4_0",
] as const;
export type WeightType = (typeof WEIGHT_TYPES)[number];

/** Types that llama.cpp falls back to for rows that are not whole blocks. */
const FALLBACKS: Partial<Record<WeightType, WeightType>> = { Q6_K: "Q8_0", Q5_K: "Q5_1", Q4_K: "Q5_0" };

/** Bytes of all weights with every matrix in this type. Vectors (norms and biases) stay F32. */
export function weightBytesAt(config: DecoderConfig, type: WeightType): number {
  return weightTable(config).reduce((sum, { shape: [outputs, inputs] }) => {
    return sum + (inputs === undefined ? 4 * outputs : outputs * rowBytes(inputs, type));
  }, 0);
}

/** Bytes of a row of `length` elements. */
function rowBytes(length: number, name: WeightType): number {
  if (length % ggmlType(name).blockSize === 0) return bytesOfType(name, length);
  return rowBytes(length, FALLBACKS[name] ?? "F16");
}
