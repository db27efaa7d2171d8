/** Reads a text with an encoder, once, for the cross-attention of a decoder (Vaswani et al. 2017). */
import { createBatch } from "../compute/batch.ts";
import { KvCache, type KvShape, layerBytes } from "../compute/memory/kv-cache.ts";
import type { Ops } from "../compute/ops/ops.ts";
import type { Runtime } from "../compute/runtime.ts";
import type { DecoderConfig } from "../model/config.ts";
import { forward, storeSource } from "../model/decoder.ts";
import { attentionsOf } from "../model/mixers.ts";
import type { Body, Decoder } from "../model/modules.ts";

/**
 * Fills the cache with the keys and values that each layer of the decoder makes of the last hidden states.
 *
 * @param ids at least one. All of them run in one pass, because each sees the others
 * @throws the reason of an aborted signal; the cache is empty then
 */
export async function readSource(
  runtime: Runtime,
  ops: Ops,
  decoder: Decoder & { readonly encoder: Body },
  ids: readonly number[],
  cache: KvCache,
  signal: AbortSignal | undefined,
): Promise<void> {
  const mark = runtime.scratch.mark();
  const { encoder } = decoder;
  const own = new KvCache(runtime.memory, onePlace(encoder.config), ids.length);
  try {
    signal?.throwIfAborted();
    own.grow(ids.length);
    const batch = createBatch(runtime, [{ cache: own, start: 0, ids }]);
    const layers = { ...batch, layerOffsets: encoder.config.layers.map(() => 0) };
    const states = await forward(ops, encoder, layers, () => runtime.pause(signal));
    cache.grow(ids.length);
    storeSource(ops, decoder, createBatch(runtime, [{ cache, start: 0, ids }]), states);
  } catch (error) {
    cache.truncate(0);
    throw error;
  } finally {
    own.free();
    runtime.scratch.release(mark);
  }
}

/** The cache of a text of which only the attention that follows reads the keys and values of a layer. */
export function onePlace(config: DecoderConfig): KvShape {
  const [first, ...others] = attentionsOf(config);
  if (first === undefined) throw new Error("a model without attention");
  return {
    layers: [others.reduce((most, layer) => (layerBytes(layer) > layerBytes(most) ? layer : most), first)],
  };
}
