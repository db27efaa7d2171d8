/**
 * Continuous batching (Yu et al. 2022, "Orca: A Distributed Serving System for Transformer-Based Generative Models"): what
 * the sessions of a model append at the same time runs in the same passes over the weights, and every pass takes in what
 * has come since. A row's numbers do not depend on its neighbours, so nobody can tell.
 */
import { setImmediate } from "node:timers/promises";
import { createBatch, type Segment } from "../compute/batch.ts";
import type { Ops } from "../compute/ops/ops.ts";
import type { Runtime } from "../compute/runtime.ts";
import type { Tensor } from "../compute/tensor.ts";
import { forward, logits } from "../model/decoder.ts";
import type { Decoder } from "../model/modules.ts";
import { Append, type AppendRequest } from "./append.ts";

/**
 * Rows of one pass: enough to read the weights seldom, few enough to stay in the cache and to pause often; whole tiles of
 * the matrix product in both builds.
 */
const ROWS_PER_PASS = 144;

/** What a pass takes of an append. */
interface Part {
  readonly append: Append;
  readonly segment: Segment;
  /** Rows of the pass whose logits are wanted. */
  readonly wanted: readonly number[];
}

export class Scheduler {
  readonly decoder: Decoder;
  readonly #runtime: Runtime;
  readonly #ops: Ops;
  /** Those that have not ended, in the order in which they came. */
  #appends: Append[] = [];
  #running = false;

  constructor(runtime: Runtime, ops: Ops, decoder: Decoder) {
    this.#runtime = runtime;
    this.#ops = ops;
    this.decoder = decoder;
  }

  /** Runs ids through the decoder. Resolves and rejects as `Append.logits`. */
  append(request: AppendRequest): Promise<Float32Array> {
    const append = new Append(request, this.decoder.head.weight.outputs);
    this.#appends.push(append);
    if (!this.#running) void this.#run();
    return append.logits;
  }

  /** Passes, until nothing is left. */
  async #run(): Promise<void> {
    this.#running = true;
    while (this.#appends.length > 0) {
      await setImmediate(); // Whoever got logits from the last pass appends again now.
      await this.#runtime.exclusively(() => this.#pass());
      this.#appends = this.#appends.filter(({ ended }) => !ended);
    }
    this.#running = false;
  }

  async #pass(): Promise<void> {
    const parts = this.#parts();
    if (parts.length === 0) return;
    const { scratch } = this.#runtime;
    const mark = scratch.mark();
    try {
      await this.#compute(parts);
    } catch (error) {
      for (const { append } of parts) append.fail(error);
    } finally {
      scratch.release(mark);
    }
  }

  /**
   * The rows of the next pass. Those with the fewest ids left go first: who generates does not wait for another's prompt,
   * and a prompt that has begun is read to its end before the next.
   */
  #parts(): Part[] {
    const parts: Part[] = [];
    let end = 0;
    for (const append of this.#appends.toSorted((a, b) => a.left - b.left)) {
      try {
        append.throwIfAborted();
        if (end === ROWS_PER_PASS) continue;
        const segment = append.next(ROWS_PER_PASS - end);
        end += segment.ids.length;
        const count = append.wanted(segment.ids.length);
        parts.push({ append, segment, wanted: Array.from({ length: count }, (_, i) => end - count + i) });
      } catch (error) {
        append.fail(error);
      }
    }
    return parts;
  }

  async #compute(parts: readonly Part[]): Promise<void> {
    const segments = parts.map(({ segment }) => segment);
    const batch = createBatch(this.#runtime, segments);
    const hidden = await forward(this.#ops, this.decoder, batch, () => this.#pause(parts));
    const wanted = parts.flatMap((part) => part.wanted);
    const rows = wanted.length > 0 ? this.#logits(hidden, wanted) : new Float32Array();
    const { outputs } = this.decoder.head.weight;
    let first = 0;
    for (const { append, segment, wanted } of parts) {
      const end = first + wanted.length * outputs;
      append.advance(segment.ids.length, rows.subarray(first, end));
      first = end;
    }
  }

  /** In scratch memory. */
  #logits(hidden: Tensor, wanted: readonly number[]): Float32Array {
    return this.#ops.view(logits(this.#ops, this.decoder.head, this.#ops.gather(hidden, wanted)));
  }

  /** A pass is given up where nobody waits for it any more. */
  async #pause(parts: readonly Part[]): Promise<void> {
    await this.#runtime.pause(undefined);
    if (parts.every(({ append }) => append.aborted)) parts[0]?.append.throwIfAborted();
  }
}
