/** The loss of sequences and its gradient: a forward pass, the cross-entropies in stretches of rows, a backward pass. */
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
import { forward, logits } from "../model/decoder.ts";
import type { Decoder, Linear } from "../model/modules.ts";
import type { Sequence } from "./examples.ts";
import type { Objective } from "./objectives.ts";

/** Logits of so many bytes are in memory at a time: with a large vocabulary, a product of theirs takes a tenth of a second. */
export const LOGIT_BYTES = 32 << 20;
/** Whole tiles of the matrix product in both builds. */
const ROW_MULTIPLE = 12;

export interface GradientSettings {
  /** Share of the probability that is spread over all classes. */
  readonly labelSmoothing: number;
  /** What is differentiated is their sum. */
  readonly objectives: readonly Objective[];
  readonly dropout: DropoutPass | undefined;
}

export class Loss {
  readonly #runtime: Runtime;
  readonly #decoder: Decoder;
  readonly #ops: Ops;
  readonly #gradientOps: GradientOps;
  readonly #tape: Tape;
  readonly #recording: RecordingOps;

  /** @param trained what gets gradients */
  constructor(runtime: Runtime, threads: number, decoder: Decoder, trained: readonly Trained[]) {
    this.#runtime = runtime;
    this.#decoder = decoder;
    this.#ops = new KernelOps(runtime, threads);
    this.#gradientOps = new GradientOps(runtime, threads);
    this.#tape = new Tape(runtime, threads, trained);
    this.#recording = new RecordingOps(this.#tape, this.#ops);
  }

  /**
   * Adds the gradient of the objectives, each times its scale, to the weights' gradients.
   *
   * @returns of each objective the sum of the targets' cross-entropies, in nats
   * @param pause awaited often; it may throw to abort, and some gradients are then added and others not
   */
  async differentiate(
    sequences: readonly Sequence[],
    { labelSmoothing, objectives, dropout }: GradientSettings,
    pause: () => Promise<void>,
  ): Promise<number[]> {
    const [tape, ops] = [this.#tape, this.#recording];
    const start = tape.mark();
    tape.begin(dropout);
    try {
      return await this.#withCaches(sequences, [largest(kvLayersOf(this.#decoder))], async (caches) => {
        const hidden = await this.#forward(ops, sequences, caches, pause);
        const sums = objectives.map(() => 0);
        for (const [i, { head, targetsOf, scale, dropout }] of objectives.entries()) {
          for (const { first, targets } of stretches(head, sequences.flatMap(targetsOf))) {
            const mark = tape.mark();
            const rows = ops.dropped(ops.rows(hidden, first, targets.length), dropout);
            const losses = tape.crossEntropy(logits(ops, head, rows), targets, labelSmoothing, scale);
            sums[i] = (sums[i] ?? 0) + total(losses);
            await tape.backward(mark, pause);
          }
        }
        await tape.backward(start, pause);
        return sums;
      });
    } finally {
      tape.reset(start);
    }
  }

  /** The sum of the cross-entropies of the ids that are predicted, in nats, without dropout. */
  async measure(sequences: readonly Sequence[], pause: () => Promise<void>): Promise<number> {
    const ops = this.#ops;
    const { head } = this.#decoder;
    const { scratch } = this.#runtime;
    const start = scratch.mark();
    try {
      return await this.#withCaches(sequences, kvLayersOf(this.#decoder), async (caches) => {
        const hidden = await this.#forward(ops, sequences, caches, pause);
        let sum = 0;
        const all = sequences.flatMap(({ targets }) => targets);
        for (const { first, targets } of stretches(head, all)) {
          const mark = scratch.mark();
          const scores = logits(ops, head, ops.rows(hidden, first, targets.length));
          sum += total(this.#gradientOps.crossEntropy(scores, targets, 0, 0));
          scratch.release(mark);
          await pause();
        }
        return sum;
      });
    } finally {
      scratch.release(start);
    }
  }

  #forward(
    ops: Ops,
    sequences: readonly Sequence[],
    caches: readonly KvCache[],
    pause: () => Promise<void>,
  ): Promise<Tensor> {
    const segments = caches.map((cache, i) => ({ cache, start: 0, ids: sequences[i]?.inputs ?? [] }));
    return forward(ops, this.#decoder, createBatch(this.#runtime, segments), pause);
  }

  /** @param layers with a place of their own; recording operations need one only, that of the largest */
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

/** What each layer keeps of a position. */
const kvLayersOf = ({ config }: Decoder): KvHeads[] => config.layers.map(({ attention }) => attention);

const largest = (layers: readonly KvHeads[]): KvHeads =>
  layers.reduce((most, layer) => (layerBytes(layer) > layerBytes(most) ? layer : most));

/** All rows with their targets, so many at a time that their logits fit. */
function* stretches(
  { weight: { outputs } }: Linear,
  all: readonly number[],
): Generator<{ first: number; targets: readonly number[] }> {
  const fitting = Math.floor(LOGIT_BYTES / (4 * outputs));
  const step = Math.max(1, Math.floor(fitting / ROW_MULTIPLE)) * ROW_MULTIPLE;
  for (let first = 0; first < all.length; first += step) {
    yield { first, targets: all.slice(first, first + step) };
  }
}

const total = (losses: Float32Array): number => losses.reduce((sum, loss) => sum + loss, 0);
