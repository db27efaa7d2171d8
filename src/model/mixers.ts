/** Finds the attention of layers whose first sublayer may be another mixer. */
import type { KvHeads } from "../compute/memory/kv-shape.ts";
import type { Heads } from "../compute/ops/attention-layers.ts";
import type { AttentionConfig, DecoderConfig, LayerConfig } from "./config.ts";

/** Undefined for a layer with another mixer. */
export const attentionIn = ({ mixer }: LayerConfig): AttentionConfig | undefined =>
  mixer.kind === "attention" ? mixer : undefined;

/** The attention of all layers that have one, in their order. */
export const attentionsOf = ({ layers }: Pick<DecoderConfig, "layers">): AttentionConfig[] =>
  layers.flatMap((layer) => attentionIn(layer) ?? []);

/** Keys and values that a layer stores; none if it reads those of another. */
export function storedKeys(config: AttentionConfig): KvHeads {
  const { nKvHead, headDim, valueDim } = cachedHeads(config);
  return { nKvHead: config.keysFrom === undefined ? nKvHead : 0, headDim, valueDim };
}

/** Heads as a cache holds them: latent attention has one vector for all, which is the key and the value. */
export const cachedHeads = ({ nHead, nKvHead, headDim, valueDim, latent }: AttentionConfig): Heads =>
  latent
    ? { nHead, nKvHead: 1, headDim: latent.rotated + latent.rank, valueDim: latent.rank }
    : { nHead, nKvHead, headDim, valueDim };

/** @throws Error for a layer with another mixer */
export function attentionOf(layer: LayerConfig): AttentionConfig {
  const attention = attentionIn(layer);
  if (attention === undefined) throw new Error(`a layer with ${layer.mixer.kind} has no attention`);
  return attention;
}
