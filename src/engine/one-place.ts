/**
 * The cache of a text that a model only reads: the keys and values of a layer serve the attention that
 * follows, so all layers lie in one place. Recurrent layers share a second one.
 */
import type { Batch } from "../compute/batch.ts";
import { type KvHeads, type KvShape, layerBytes, type StateSize } from "../compute/memory/kv-shape.ts";
import type { DecoderConfig } from "../model/config.ts";
import { wholeKvShapeOf } from "./kv-types.ts";

/** A layer without keys and values. */
const NOTHING: KvHeads = { nKvHead: 0, headDim: 0 };

/** Room for the largest layer of each kind. */
export const onePlace = (config: DecoderConfig): KvShape => ({
  layers: largestLayers(wholeKvShapeOf(config).layers),
});

/** The layer with the most keys and values, and the one with the largest state if there is any. */
export function largestLayers(layers: readonly (KvHeads | StateSize)[]): readonly [KvHeads, ...StateSize[]] {
  let attention = NOTHING;
  let stateBytes = 0;
  for (const layer of layers) {
    if ("stateBytes" in layer) stateBytes = Math.max(stateBytes, layer.stateBytes);
    else if (layerBytes(layer) > layerBytes(attention)) attention = layer;
  }
  return stateBytes > 0 ? [attention, { stateBytes }] : [attention];
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
