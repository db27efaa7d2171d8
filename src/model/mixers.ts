/** Finds the attention of layers whose first sublayer may be another mixer. */
import type { KvHeads } from "../compute/memory/kv-cache.ts";
import type { AttentionConfig, DecoderConfig, LayerConfig } from "./config.ts";

/** Undefined for a layer with another mixer. */
export const attentionIn = ({ mixer }: LayerConfig): AttentionConfig | undefined =>
  mixer.kind === "attention" ? mixer : undefined;

/** The attention of all layers that have one, in their order. */
export const attentionsOf = ({ layers }: Pick<DecoderConfig, "layers">): AttentionConfig[] =>
  layers.flatMap((layer) => attentionIn(layer) ?? []);

/** Keys and values that a layer stores; none if it reads those of another. */
export const storedKeys = ({ nKvHead, headDim, valueDim, keysFrom }: AttentionConfig): KvHeads => ({
  nKvHead: keysFrom === undefined ? nKvHead : 0,
  headDim,
  valueDim,
});

/** @throws Error for a layer with another mixer */
export function attentionOf(layer: LayerConfig): AttentionConfig {
  const attention = attentionIn(layer);
  if (attention === undefined) throw new Error(`a layer with ${layer.mixer.kind} has no attention`);
  return attention;
}
