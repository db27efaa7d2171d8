/** The losses of a micro-batch and their gradient: a forward pass, the heads, a backward pass. */
import { createBatch } from "../compute/batch.ts";
import { KvCache, type KvHeads, layerBytes } from "../compute/memory/kv-cache.ts";
import { KernelOps } from "../compute/ops/kernel-ops.ts";
import type { Ops } from "../compute/ops/ops.ts";
import type { Runtime } from "../compute/runtime.ts";
import type { Tensor } from "../compute/tensor.ts";
import type { DropoutPass } from "../compute/training/dropout.ts";
import { GradientOps } from "../compute/training/gradient-ops.ts";
import { RecordingOps } from "../compute/training/recording-ops.ts";
import { Tape, type Trained } from "../compute/training/tape.ts";
import { forward } from "../model/decoder.ts";
import { attentionOf, storedKeys } from "../model/mixers.ts";
import type { Decoder, Head } from "../model/modules.ts";
import type { Sequence } from "./examples.ts";
import { HeadRows, type RowsOf, TrainedRows } from "./head-rows.ts";
import type { Objective } from "./objectives/objective.ts";

export class Loss {
  readonly #runtime: Runtime;
  readonly #decoder: Decoder;
  readonly #ops: Ops;
  readonly #gradientOps: GradientOps;
  readonly #tape: Tape;
  readonly #recording: RecordingOps;

  /** @param trained weights with gradients */
  constructor(runtime: Runtime, threads: number, decoder: Decoder, trained: readonly Trained[]) {
    this.#runtime = runtime;
    this.#decoder = decoder;
    this.#ops = new KernelOps(runtime, threads);
    this.#gradientOps = new GradientOps(runtime, threads);
    this.#tape = new Tape(runtime, threads, trained);
    this.#recording = new RecordingOps(this.#tape, this.#ops);
  }

  /**
   * Adds the gradient of the objectives to the weights' gradients.
   *
   * @returns the sum of the losses of each objective
   * @param pause awaited often; it may throw to abort, and some gradients are then added and others not
   */
  async differentiate(
    sequences: readonly Sequence[],
    objectives: readonly Objective[],
    dropout: DropoutPass | undefined,
    pause: () => Promise<void>,
  ): Promise<number[]> {
    const [tape, recording] = [this.#tape, this.#recording];
    const start = tape.mark();
    tape.begin(dropout);
    try {
      return await this.#withCaches(sequences, [largest(kvLayersOf(this.#decoder))], async (caches) => {
        const hidden = await this.#forward(recording, sequences, caches, pause);
        const sums: number[] = [];
        for (const objective of objectives) {
          const of = this.#rowsOf(hidden, objective.head, pause);
          const rows = new TrainedRows(of, tape, recording, objective.dropout);
          sums.push(await objective.differentiate(rows, sequences));
        }
        await tape.backward(start, pause);
        return sums;
      });
    } finally {
      tape.reset(start);
    }
  }

  /** The result of `work` with the outputs of a head, without dropout. */
  async measure<T>(
    sequences: readonly Sequence[],
    head: Head,
    work: (rows: HeadRows) => Promise<T>,
    pause: () => Promise<void>,
  ): Promise<T> {
    const { scratch } = this.#runtime;
    const start = scratch.mark();
    try {
      return await this.#withCaches(sequences, kvLayersOf(this.#decoder), async (caches) => {
        const hidden = await this.#forward(this.#ops, sequences, caches, pause);
        return await work(new HeadRows(this.#rowsOf(hidden, head, pause)));
      });
    } finally {
      scratch.release(start);
    }
  }

  #rowsOf(hidden: Tensor, head: Head, pause: () => Promise<void>): RowsOf {
    return { runtime: this.#runtime, ops: this.#ops, gradients: this.#gradientOps, hidden, head, pause };
  }

  #forward(
    ops: Ops,
    sequences: readonly Sequence[],
    caches: readonly KvCache[],
    pause: () => Promise<void>,
  ): Promise<Tensor> {
    const segments = caches.map((cache, i) => {
      const { inputs: ids = [] } = sequences[i] ?? {};
      return { cache, start: 0, ids, types: ids.map(() => 0) };
    });
    return forward(ops, this.#decoder, createBatch(this.#runtime, segments), pause);
  }

  /**
   * @param layers that have a place in the caches. Recording operations need one place, that of the largest
   * layer.
   */
  async #withCaches<T>(
    sequences: readonly Sequence[],
    layers: readonly KvHeads[],
    work: (caches: readonly KvCache[]) => Promise<T>,
  ): Promise<T> {
    const caches: KvCache[] = [];
    try {
      for (const { inputs } of sequences) {
        const cache = new KvCache(this.#runtime.memory, { layers }, inputs.length);
        caches.push(cache);
        cache.grow(inputs.length);
      }
      return await work(caches);
    } finally {
      for (const cache of caches) cache.free();
    }
  }
}

/** Sizes of the keys and values of each layer. */
const kvLayersOf = ({ config }: Decoder): KvHeads[] =>
  config.layers.map((layer) => storedKeys(attentionOf(layer)));

const largest = (layers: readonly KvHeads[]): KvHeads =>
  layers.reduce((most, layer) => (layerBytes(layer) > layerBytes(most) ? layer : most));
