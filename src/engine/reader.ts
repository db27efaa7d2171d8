/**
 * A loaded model that reads whole texts: token ids in, the last hidden states or the head's outputs for them
 * out. Encoders have no other use; a decoder is read so to embed texts. Nothing is kept between texts.
 *
 * Texts lie end to end in a pass, without padding. The numbers of a text do not depend on the others.
 */
import type { Checkpoint } from "../checkpoint/checkpoint.ts";
import type { Batch } from "../compute/batch.ts";
import type { KvShape } from "../compute/memory/kv-shape.ts";
import { type CachePlace, SequenceCache } from "../compute/memory/sequence-cache.ts";
import type { KernelOps } from "../compute/ops/kernel-ops.ts";
import { dimensions, type Tensor } from "../compute/tensor.ts";
import { GptError } from "../errors.ts";
import type { ModelDescription } from "../families/description.ts";
import { firstAngle } from "../model/attention/angles.ts";
import { seesAhead } from "../model/attention/masks.ts";
import type { DecoderConfig } from "../model/config.ts";
import { forward, logits } from "../model/decoder.ts";
import type { Body, Head } from "../model/modules.ts";
import { refuseUnsupported } from "../model/supported.ts";
import { planBanks } from "../weights/banks/plan.ts";
import { buildBody, buildDecoder } from "../weights/build-decoder.ts";
import { chooseDtypes, type Quantization } from "../weights/dtype.ts";
import type { LoadProgress } from "../weights/load.ts";
import { chooseContextSize } from "../weights/memory-plan.ts";
import { type EngineChoice, type OpenWeights, openBanks } from "../weights/open.ts";
import { loadPlan, planWeights } from "../weights/plan.ts";
import { cachePlaces } from "./cache-places.ts";
import { wholeKvShapeOf } from "./kv-types.ts";
import { inOnePlace, onePlace } from "./one-place.ts";
import { checkIds, fitting, type WholeText } from "./whole-text.ts";

export interface ReaderOptions extends LoadProgress, EngineChoice {
  /** Tokens of the longest text. Default: those of the model, at most 8,192. */
  readonly contextSize?: number | undefined;
  /** Type of the matrices in memory. Default: as stored. */
  readonly quantization?: Quantization | undefined;
}

/** The longest text without a wish: ModernBERT's, the longest of the encoders. */
const DEFAULT_CONTEXT = 8192;

/** The place of a text's rows in the hidden states of a pass. */
interface Place {
  readonly first: number;
  readonly count: number;
}

export class Reader {
  readonly config: DecoderConfig;
  readonly contextSize: number;
  readonly threads: number;
  readonly #open: OpenWeights;
  readonly #ops: KernelOps;
  readonly #body: Body;
  readonly #head: Head | undefined;
  readonly #caches: readonly CachePlace[];
  #closed = false;

  private constructor(
    open: OpenWeights,
    body: Body,
    head: Head | undefined,
    contextSize: number,
    kvShape: KvShape,
  ) {
    this.#open = open;
    this.#ops = open.banks.ops(open.threads);
    this.#body = body;
    this.#head = head;
    this.#caches = seesAhead(body.config)
      ? open.banks.runtimes.map(({ memory }) => ({ memory, shape: kvShape }))
      : cachePlaces(open.banks, open.planned, kvShape);
    this.config = body.config;
    this.contextSize = contextSize;
    this.threads = open.threads;
  }

  /** Parameters and errors as those of `Model.load`. */
  static async load(
    checkpoint: Checkpoint,
    description: ModelDescription,
    options: ReaderOptions,
    room?: (bank: number) => number,
  ): Promise<Reader> {
    const { config } = description;
    refuseUnsupported(checkpoint.path, config);
    if (config.encoder !== undefined) {
      const problem = "is an encoder with a decoder, which embeds no texts yet: gpt generate runs it";
      throw new GptError("invalid-file", `${checkpoint.path}: ${problem}`);
    }
    const plan = await planWeights(checkpoint, description, chooseDtypes(options.quantization));
    const contextSize = chooseContextSize(config, options.contextSize, DEFAULT_CONTEXT);
    const kvShape = seesAhead(config) ? onePlace(config) : wholeKvShapeOf(config);
    const open = openBanks(options, () => planBanks({ config, contextSize, kvShape }, plan, room));
    return await open.handOver(async () => {
      const matrices = await loadPlan(open, plan, options);
      const parts = [open.packing, config, matrices, contextSize] as const;
      const stages = open.stages(config);
      if (config.head.kind === "none") {
        return new Reader(open, await buildBody(...parts, stages), undefined, contextSize, kvShape);
      }
      const { head, ...body } = await buildDecoder(...parts, undefined, stages);
      return new Reader(open, body, head, contextSize, kvShape);
    });
  }

  /** The last hidden states of each text, row-major [tokens, width]. */
  hidden(texts: readonly WholeText[], signal?: AbortSignal): Promise<Float32Array[]> {
    return this.#inPasses(texts, signal, (states, places) =>
      places.map(({ first, count }) => this.#ops.read(this.#ops.rows(states, first, count))),
    );
  }

  /** Logits of some tokens of each text, row-major [chosen, vocabulary]. @param chosen by text */
  logits(
    texts: readonly WholeText[],
    chosen: readonly (readonly number[])[],
    signal?: AbortSignal,
  ): Promise<Float32Array[]> {
    return this.#inPasses(texts, signal, (states, places, from) =>
      places.map(({ first }, i) => {
        const rows = (chosen[from + i] ?? []).map((row) => first + row);
        return rows.length === 0 ? new Float32Array() : this.#outputs(this.#ops.gather(states, rows));
      }),
    );
  }

  /** Logits of the classes of each text, [classes]. */
  classes(texts: readonly WholeText[], signal?: AbortSignal): Promise<Float32Array[]> {
    return this.#inPasses(texts, signal, (states, places) => {
      const outputs = this.#outputs(this.#pooled(states, places));
      const count = outputs.length / places.length;
      return places.map((_, i) => outputs.slice(i * count, (i + 1) * count));
    });
  }

  /** Frees the memory, once earlier calls have ended. Further calls do nothing. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#open.runtime.exclusively(async () => this.#open[Symbol.dispose]());
  }

  /** What the head's classes are told by, (texts, C). */
  #pooled(states: Tensor, places: readonly Place[]): Tensor {
    const { head } = this.config;
    const pooling = head.kind === "classes" ? head.pooling : "last";
    if (pooling === "mean") {
      return this.#ops.meanRows(states, [...places.map(({ first }) => first), dimensions(states)[0]]);
    }
    const rowOf = ({ first, count }: Place) => (pooling === "last" ? first + count - 1 : first);
    return this.#ops.gather(states, places.map(rowOf));
  }

  #outputs(states: Tensor): Float32Array {
    if (this.#head === undefined) throw new Error("the model was loaded without a head");
    return this.#ops.read(logits(this.#ops, this.#head, states));
  }

  /**
   * @param read gives a result for each text of a pass, and gets the number of the first
   * @throws the reason of an aborted signal
   */
  async #inPasses<T>(
    texts: readonly WholeText[],
    signal: AbortSignal | undefined,
    read: (states: Tensor, places: readonly Place[], from: number) => readonly T[],
  ): Promise<T[]> {
    const { runtime } = this.#open;
    for (const { ids } of texts) checkIds(ids, this.config.vocabSize, this.contextSize);
    const results: T[] = [];
    while (results.length < texts.length) {
      const from = results.length;
      const group = texts.slice(from, from + fitting(texts, from));
      const found = await runtime.exclusively(() => {
        signal?.throwIfAborted();
        if (this.#closed) throw new GptError("usage", "the model is closed");
        return this.#pass(group, signal, (states, places) => read(states, places, from));
      });
      results.push(...found);
    }
    return results;
  }

  async #pass<T>(
    texts: readonly WholeText[],
    signal: AbortSignal | undefined,
    read: (states: Tensor, places: readonly Place[]) => T,
  ): Promise<T> {
    const { runtime, banks } = this.#open;
    const caches: SequenceCache[] = [];
    try {
      return await banks.pass(async () => {
        for (const { ids } of texts) {
          const cache = SequenceCache.create(this.#caches, ids.length);
          caches.push(cache);
          cache.grow(ids.length);
        }
        const states = await forward(this.#ops, this.#body, this.#batch(texts, caches), () =>
          runtime.pause(signal),
        );
        let first = 0;
        const places = texts.map(({ ids: { length: count } }) => {
          first += count;
          return { first: first - count, count };
        });
        return read(states, places);
      });
    } finally {
      for (const cache of caches) cache.free();
    }
  }

  #batch(texts: readonly WholeText[], caches: readonly SequenceCache[]): Batch {
    const segments = caches.map((cache, i) => {
      const { ids, typeIds = [] } = texts[i] as WholeText;
      const types = ids.map((_, row) => typeIds[row] ?? 0);
      return { cache, start: 0, ids, types, firstAngle: firstAngle(this.#body.longAngles, ids.length) };
    });
    const batch = this.#open.banks.batch(segments);
    return seesAhead(this.config) ? inOnePlace(batch, this.config) : batch;
  }
}
