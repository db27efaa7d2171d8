/**
 * A forward pass over whole sequences, with caches that live as long as the pass. An encoder-decoder reads
 * the source of each sequence first.
 */
import { type Batch, createBatch, createCrossBatch } from "../../compute/batch.ts";
import { KvCache } from "../../compute/memory/kv-cache.ts";
import type { KvHeads, StateSize } from "../../compute/memory/kv-shape.ts";
import type { Ops } from "../../compute/ops/ops.ts";
import type { Runtime } from "../../compute/runtime.ts";
import type { Tensor } from "../../compute/tensor.ts";
import { wholeKvShapeOf } from "../../engine/kv-types.ts";
import { largestLayers } from "../../engine/one-place.ts";
import { firstAngle } from "../../model/attention/angles.ts";
import { forward, storeSource } from "../../model/decoder.ts";
import { storedKeys } from "../../model/mixers.ts";
import type { Body, Decoder } from "../../model/modules.ts";
import type { Sequence } from "../examples.ts";

type Pause = () => Promise<void>;

export class WholePass implements Disposable {
  readonly #runtime: Runtime;
  readonly #ops: Ops;
  readonly #decoder: Decoder;
  readonly #isRecorded: boolean;
  readonly #pause: Pause;
  readonly #caches: KvCache[] = [];

  /** @param isRecorded recording operations need one place in the caches for the layers of a kind */
  constructor(runtime: Runtime, ops: Ops, decoder: Decoder, isRecorded: boolean, pause: Pause) {
    this.#runtime = runtime;
    this.#ops = ops;
    this.#decoder = decoder;
    this.#isRecorded = isRecorded;
    this.#pause = pause;
  }

  /** The hidden states that the head reads: of each row, or of each sequence if it reads their mean. */
  async run(sequences: readonly Sequence[]): Promise<Tensor> {
    const decoder = this.#decoder;
    const { head } = decoder.config;
    const sources = decoder.encoder && (await this.#read(decoder.encoder, sequences));
    const caches = this.#grown(
      sequences.map(({ inputs }) => inputs.length),
      wholeKvShapeOf(decoder.config).layers,
    );
    const own = this.#batch(
      caches,
      sequences.map(({ inputs, types }) => ({ ids: inputs, types })),
    );
    const batch = sources ? { ...own, cross: createCrossBatch(this.#runtime, own, sources) } : own;
    const hidden = await forward(this.#ops, decoder, batch, this.#pause);
    const isMean = head.kind === "classes" && head.pooling === "mean";
    if (!isMean) return hidden;
    let end = 0;
    return this.#ops.meanRows(hidden, [0, ...sequences.map(({ inputs }) => (end += inputs.length))]);
  }

  /** Frees the caches. The backward pass needs them. */
  [Symbol.dispose](): void {
    for (const cache of this.#caches.splice(0)) cache.free();
  }

  /** Caches with the keys and values of the sources for the cross-attention. */
  async #read(encoder: Body, sequences: readonly Sequence[]): Promise<KvCache[]> {
    const texts = sequences.map(({ source: ids = [] }) => ({ ids }));
    const lengths = texts.map(({ ids }) => ids.length);
    const caches = this.#grown(lengths, wholeKvShapeOf(encoder.config).layers);
    const states = await forward(this.#ops, encoder, this.#batch(caches, texts), this.#pause);
    const crossLayers = this.#decoder.config.layers.flatMap(({ cross }) => cross?.attention ?? []);
    const sources = this.#grown(lengths, crossLayers.map(storedKeys));
    storeSource(this.#ops, this.#decoder, this.#batch(sources, texts), states);
    return sources;
  }

  #batch(
    caches: readonly KvCache[],
    texts: readonly { readonly ids: readonly number[]; readonly types?: readonly number[] | undefined }[],
  ): Batch {
    const segments = caches.map((cache, i) => {
      const { ids = [], types = ids.map(() => 0) } = texts[i] ?? {};
      return { cache, start: 0, ids, types, firstAngle: firstAngle(this.#decoder.longAngles, ids.length) };
    });
    return createBatch(this.#runtime, segments);
  }

  /** A cache for each sequence, with room for all its positions. */
  #grown(lengths: readonly number[], layers: readonly (KvHeads | StateSize)[]): KvCache[] {
    const places = this.#isRecorded ? largestLayers(layers) : layers;
    return lengths.map((length) => {
      const cache = new KvCache(this.#runtime.memory, { layers: places }, length);
      this.#caches.push(cache);
      cache.grow(length);
      return cache;
    });
  }
}
