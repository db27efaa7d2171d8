/**
 * Continuous batching (Yu et al. 2022, "Orca: A Distributed Serving System for Transformer-Based Generative
 * Models"). Concurrent appends of the sessions of a model share passes over the weights. Each pass takes in
 * the appends that have come meanwhile. The numbers of a row do not depend on its neighbours, so results do
 * not depend on the load.
 */
import type { Banks, SequenceSegment } from "../compute/banks.ts";
import { type Batch, createCrossBatch } from "../compute/batch.ts";
import type { KvCache } from "../compute/memory/kv-cache.ts";
import { MOST_GROWTH } from "../compute/memory/kv-shape.ts";
import { ObservingOps } from "../compute/ops/observing-ops.ts";
import type { Ops } from "../compute/ops/ops.ts";
import type { Tensor } from "../compute/tensor.ts";
import { machine } from "../host/machine.ts";
import { forward, logits } from "../model/decoder.ts";
import type { Decoder } from "../model/modules.ts";
import { Append, type AppendRequest } from "./append.ts";
import { readSource } from "./read-source.ts";

/**
 * Rows of one pass. Many rows read the weights seldom; few rows stay in the cache of the processor and let
 * the pass pause often. The number is whole tiles of the matrix product in both builds.
 */
const ROWS_PER_PASS = MOST_GROWTH;

/** The part of an append that one pass runs. */
interface Part {
  readonly append: Append;
  readonly segment: SequenceSegment;
  /** Rows of the pass that need logits. */
  readonly wanted: readonly number[];
}

export class Scheduler {
  readonly decoder: Decoder;
  readonly ops: Ops;
  readonly #banks: Banks;
  /** Appends that have not ended, oldest first. */
  #appends: Append[] = [];
  #running = false;

  constructor(banks: Banks, ops: Ops, decoder: Decoder) {
    this.#banks = banks;
    this.ops = ops;
    this.decoder = decoder;
  }

  /** Runs ids through the decoder. Resolves and rejects as `Append.end`. */
  append(request: AppendRequest): Promise<void> {
    const append = new Append(request);
    this.#appends.push(append);
    if (!this.#running) void this.#run();
    return append.end;
  }

  /**
   * Reads a text with the encoder. The caller owns the cache.
   *
   * @param cache empty, with room for the keys and values of cross-attention
   * @throws the reason of an aborted signal
   */
  async read(ids: readonly number[], cache: KvCache, signal: AbortSignal | undefined): Promise<void> {
    const { encoder } = this.decoder;
    if (encoder === undefined) throw new Error("a model without an encoder");
    const { first } = this.#banks;
    await first.exclusively(() =>
      readSource(first, this.ops, { ...this.decoder, encoder }, ids, cache, signal),
    );
  }

  /** Runs passes until no append is left. */
  async #run(): Promise<void> {
    this.#running = true;
    while (this.#appends.length > 0) {
      await machine.turn(); // A session that got logits from the last pass appends again now.
      await this.#banks.first.exclusively(() => this.#pass());
      this.#appends = this.#appends.filter(({ ended }) => !ended);
    }
    this.#running = false;
  }

  async #pass(): Promise<void> {
    const parts = this.#parts();
    if (parts.length === 0) return;
    try {
      await this.#banks.pass(() => this.#compute(parts));
    } catch (error) {
      for (const { append } of parts) append.fail(error);
    }
  }

  /**
   * The rows of the next pass. Appends with the fewest ids left go first: a generation does not wait for the
   * prompt of another, and a prompt that has begun is read to its end before the next. An observed append has
   * a pass alone.
   */
  #parts(): Part[] {
    const parts: Part[] = [];
    let end = 0;
    for (const append of this.#appends.toSorted((a, b) => a.left - b.left)) {
      try {
        append.throwIfAborted();
        if (end === ROWS_PER_PASS || (append.observer && end > 0)) continue;
        const segment = append.next(ROWS_PER_PASS - end);
        end += segment.ids.length;
        const count = append.wanted(segment.ids.length);
        parts.push({ append, segment, wanted: Array.from({ length: count }, (_, i) => end - count + i) });
        if (append.observer) break;
      } catch (error) {
        append.fail(error);
      }
    }
    return parts;
  }

  async #compute(parts: readonly Part[]): Promise<void> {
    const segments = parts.map(({ segment }) => segment);
    const batch = this.#withSources(this.#banks.batch(segments), parts);
    const observer = parts[0]?.append.observer;
    const ops = observer ? new ObservingOps(this.ops, observer) : this.ops;
    const hidden = await forward(ops, this.decoder, batch, () => this.#pause(parts));
    const wanted = parts.flatMap((part) => part.wanted);
    const rows = wanted.length > 0 ? this.#logits(ops, hidden, wanted) : undefined;
    let first = 0;
    for (const { append, segment, wanted } of parts) {
      const own = wanted.length > 0 && rows ? ops.rows(rows, first, wanted.length) : undefined;
      append.advance(segment.ids.length, own, ops);
      first += wanted.length;
    }
  }

  /** Every sequence of a model with an encoder has read a text. */
  #withSources(batch: Batch, parts: readonly Part[]): Batch {
    const sources = parts.flatMap(({ append }) => append.source ?? []);
    if (sources.length === 0) return batch;
    return { ...batch, cross: createCrossBatch(this.#banks.first, batch, sources) };
  }

  /** Logits of some rows, in scratch memory. */
  #logits(ops: Ops, hidden: Tensor, wanted: readonly number[]): Tensor {
    return logits(ops, this.decoder.head, ops.gather(hidden, wanted));
  }

  /** Gives a pass up if all its appends are aborted. */
  async #pause(parts: readonly Part[]): Promise<void> {
    await this.#banks.first.pause(undefined);
    if (parts.every(({ append }) => append.aborted)) parts[0]?.append.throwIfAborted();
  }
}
