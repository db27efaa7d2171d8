/** Weights of latent attention: a part of the weight table. */
import type { AttentionConfig } from "../config.ts";
import type { MixerWeight } from "../recurrent/weights.ts";
import type { LatentConfig } from "./latent-config.ts";

/**
 * Queries, the latent vector with the rotated part of the keys, and the matrices of each head: from a query
 * to the latent vector that its key would be made of, and from that vector to a value.
 */
export function latentWeights(
  { nHead, headDim, valueDim, qkvBias }: AttentionConfig,
  { queryRank, rank, rotated }: LatentConfig,
  width: number,
): MixerWeight[] {
  const weights: MixerWeight[] = [];
  const add = (name: string, kind: MixerWeight["kind"], shape: MixerWeight["shape"], head?: number) => {
    const own = { module: `attention.${name}`, kind, shape, parts: [shape[0]], intoResidual: false };
    weights.push(head === undefined ? own : { ...own, head });
  };
  if (queryRank !== undefined) {
    add("query_down", "linear", [queryRank, width]);
    if (qkvBias) add("query_down", "bias", [queryRank]);
    add("query_down_norm", "norm", [queryRank]);
  }
  add("query", "linear", [nHead * headDim, queryRank ?? width]);
  add("latent", "linear", [rank + rotated, width]);
  if (qkvBias) add("latent", "bias", [rank + rotated]);
  add("latent_norm", "norm", [rank]);
  for (let head = 0; head < nHead; head++) {
    add("keys_of_heads", "linear", [rank, headDim - rotated], head);
    add("values_of_heads", "linear", [valueDim, rank], head);
  }
  return weights;
}
