/** Numbers of parameters of a decoder by part, from the weight table. No weight is read. */
import type { DecoderConfig } from "./config.ts";
import { type DecoderPart, weightTable } from "./weights.ts";

/** `head` is 0 if the output head is the token embedding. Biases count with their layer. */
export interface ParameterCounts extends Readonly<Record<DecoderPart, number>> {
  readonly total: number;
}

export function countParameters(config: DecoderConfig): ParameterCounts {
  const counts: Record<DecoderPart, number> = {
    tokenEmbedding: 0,
    positionEmbedding: 0,
    attention: 0,
    mlp: 0,
    norms: 0,
    head: 0,
  };
  let total = 0;
  for (const { part, shape } of weightTable(config)) {
    const count = shape.reduce((product, length) => product * length, 1);
    counts[part] += count;
    total += count;
  }
  return { ...counts, total };
}
