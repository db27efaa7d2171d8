/** How many parameters a decoder has, part by part: counted from the weight table, without reading a weight. */
import type { DecoderConfig } from "./config.ts";
import { weightTable } from "./weights.ts";

/** `head` is 0 where the output head is the token embedding. Biases count with the layer they belong to. */
export interface ParameterCounts {
  readonly tokenEmbedding: number;
  readonly positionEmbedding: number;
  readonly attention: number;
  readonly mlp: number;
  readonly norms: number;
  readonly head: number;
  readonly total: number;
}

type Part = Exclude<keyof ParameterCounts, "total">;

export function countParameters(config: DecoderConfig): ParameterCounts {
  const counts: Record<Part, number> = {
    tokenEmbedding: 0,
    positionEmbedding: 0,
    attention: 0,
    mlp: 0,
    norms: 0,
    head: 0,
  };
  let total = 0;
  for (const { name, shape } of weightTable(config)) {
    const count = shape.reduce((product, length) => product * length, 1);
    counts[partOf(name)] += count;
    total += count;
  }
  return { ...counts, total };
}

/** The part a canonical weight name belongs to. */
function partOf(name: string): Part {
  if (/norm\.(weight|bias)$/.test(name)) return "norms";
  if (name.includes(".attention.")) return "attention";
  if (name.includes(".mlp.")) return "mlp";
  if (name.startsWith("head.")) return "head";
  return name.startsWith("position_embedding.") ? "positionEmbedding" : "tokenEmbedding";
}
