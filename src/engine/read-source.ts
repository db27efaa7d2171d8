/** Reads a text with an encoder, once, for the cross-attention of a decoder (Vaswani et al. 2017). */
import { createBatch } from "../compute/batch.ts";
import { KvCache } from "../compute/memory/kv-cache.ts";
import type { Ops } from "../compute/ops/ops.ts";
import type { Runtime } from "../compute/runtime.ts";
import { forward, storeSource } from "../model/decoder.ts";
import type { Body, Decoder } from "../model/modules.ts";
import { inOnePlace, onePlace } from "./one-place.ts";

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
    const batch = inOnePlace(createBatch(runtime, [{ cache: own, start: 0, ids }]), encoder.config);
    const states = await forward(ops, encoder, batch, () => runtime.pause(signal));
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
