/** An append of a session. Passes run a part of its ids at a time, until the logits are complete. */
import type { SequenceSegment } from "../compute/banks.ts";
import type { KvCache } from "../compute/memory/kv-cache.ts";
import type { SequenceCache } from "../compute/memory/sequence-cache.ts";
import type { Observer } from "../compute/ops/observing-ops.ts";
import type { Ops } from "../compute/ops/ops.ts";
import type { Tensor } from "../compute/tensor.ts";
import type { AppendOutput } from "./append-output.ts";

export interface AppendRequest {
  /** The cache of the sequence. Only one append at a time may use it. */
  readonly cache: SequenceCache;
  /** What the encoder has read, in models that have one. */
  readonly source?: KvCache | undefined;
  /** At least as many as the rows of `output`. */
  readonly ids: readonly number[];
  /** Rows of the tables of rotary angles before those of sequences of the length at its end. */
  readonly firstAngle: number;
  /** Takes the logits that are wanted. Ids that the sequence has had before come first, and have none. */
  readonly output: AppendOutput;
  /** It sees the pass, which is of this append alone. */
  readonly observer?: Observer | undefined;
  readonly signal: AbortSignal | undefined;
}

export class Append {
  /** Settles at the end. If it rejects, the cache is as before. */
  readonly end: Promise<void>;
  readonly #request: AppendRequest;
  readonly #before: number;
  #resolve: () => void = () => {};
  #reject: (reason: unknown) => void = () => {};
  #done = 0;
  #ended = false;

  constructor(request: AppendRequest) {
    this.#request = request;
    this.#before = request.cache.length;
    this.end = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  /** Number of ids that no pass has run yet. */
  get left(): number {
    return this.#request.ids.length - this.#done;
  }

  get observer(): Observer | undefined {
    return this.#request.observer;
  }

  get source(): KvCache | undefined {
    return this.#request.source;
  }

  get aborted(): boolean {
    return this.#request.signal?.aborted ?? false;
  }

  /** Whether `end` has settled. */
  get ended(): boolean {
    return this.#ended;
  }

  throwIfAborted(): void {
    this.#request.signal?.throwIfAborted();
  }

  /**
   * Takes the next ids, at most `most`, and makes room in the cache.
   *
   * @throws GptError `resource` if memory is full
   */
  next(most: number): SequenceSegment {
    const { cache, ids, firstAngle } = this.#request;
    const start = cache.length;
    const part = ids.slice(this.#done, this.#done + most);
    cache.grow(start + part.length);
    return { cache, start, ids: part, firstAngle };
  }

  /** Number of the next `count` ids that need logits: the last ones. */
  wanted(count: number): number {
    const { ids, output } = this.#request;
    return Math.min(count, Math.max(0, this.#done + count - (ids.length - output.rows)));
  }

  /**
   * The next `count` ids have run.
   * @param logits of the ids whose logits the caller asked for
   */
  advance(count: number, logits: Tensor | undefined, ops: Ops): void {
    if (logits !== undefined) this.#request.output.take(logits, ops);
    this.#done += count;
    this.#request.cache.forgetUnseen();
    if (this.left > 0) return;
    this.#ended = true;
    this.#resolve();
  }

  /** Rejects with the error, or with the reason of an aborted signal. */
  fail(error: unknown): void {
    const { cache, signal } = this.#request;
    cache.truncate(this.#before);
    this.#ended = true;
    this.#reject(signal?.aborted ? signal.reason : error);
  }
}
