/** Bytes of the weights of a decoder in each type of ggml, from the weight table. */
import { bytesOfType, typeForRows } from "../checkpoint/gguf/ggml-types.ts";
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

/** Bytes of all weights with every matrix in this type. Vectors (norms and biases) stay F32. */
export function weightBytesAt(config: DecoderConfig, type: WeightType): number {
  return weightTable(config).reduce((sum, { shape: [outputs, inputs] }) => {
    return (
      sum + (inputs === undefined ? 4 * outputs : outputs * bytesOfType(typeForRows(type, inputs), inputs))
    );
  }, 0);
}
