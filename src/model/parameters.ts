/** Numbers of parameters of a decoder, from the weight table. No weight is read. */
import type { DecoderConfig } from "./config.ts";
import type { DecoderPart } from "./weight-spec.ts";
import { weightTable } from "./weights.ts";

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

/** Parameters that a row goes through: of the experts of a layer only those that a row chooses. */
export function countActiveParameters(config: DecoderConfig): number {
  return weightTable(config).reduce((sum, { shape, layer, expert, part }) => {
    const count = shape.reduce((product, length) => product * length, 1);
    const mlp = layer === undefined ? undefined : config.layers[layer]?.mlp;
    const isExpert = part === "mlp" && expert !== undefined && mlp?.kind === "experts";
    const share = isExpert ? mlp.active / mlp.count : 1;
    return sum + count * share;
  }, 0);
}
