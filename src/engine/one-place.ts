/**
 * The cache of a text that a model only reads: the keys and values of a layer serve the attention that
 * follows, so all layers lie in one place.
 */
import type { Batch } from "../compute/batch.ts";
import { type KvShape, layerBytes } from "../compute/memory/kv-shape.ts";
import type { DecoderConfig } from "../model/config.ts";
import { attentionsOf } from "../model/mixers.ts";

/** Room for the largest layer. */
export function onePlace(config: DecoderConfig): KvShape {
  const [first, ...others] = attentionsOf(config);
  if (first === undefined) throw new Error("a model without attention");
  return {
    layers: [others.reduce((most, layer) => (layerBytes(layer) > layerBytes(most) ? layer : most), first)],
  };
}

/** A batch whose caches have this shape. */
export function inOnePlace(batch: Batch, config: Pick<DecoderConfig, "layers">): Batch {
  const { stages } = batch;
  const zeros = config.layers.map(() => 0);
  const places = { classOf: zeros, offsets: zeros };
  return {
    ...batch,
    places,
    ...(stages && { stages: stages.map((stage) => ({ ...stage, places })) }),
  };
}
