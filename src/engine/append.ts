/** An append of a session. Passes run a part of its ids at a time, until the logits are complete. */
import type { SequenceSegment } from "../compute/banks.ts";
import type { KvCache } from "../compute/memory/kv-cache.ts";
import type { SequenceCache } from "../compute/memory/sequence-cache.ts";
import type { Observer } from "../compute/ops/observing-ops.ts";

export interface AppendRequest {
  /** The cache of the sequence. Only one append at a time may use it. */
  readonly cache: SequenceCache;
  /** What the encoder has read, in models that have one. */
  readonly source?: KvCache | undefined;
  /** At least one more than `replayed`. */
  readonly ids: readonly number[];
  /** Rows of the tables of rotary angles before those of sequences of the length at its end. */
  readonly firstAngle: number;
  /** Number of the first ids that the sequence has had before: they renew its cache, and give no logits. */
  readonly replayed: number;
  /** Whether to return the logits after each other id, or only after the last. */
  readonly every: boolean;
  /** It sees the pass, which is of this append alone. */
  readonly observer?: Observer | undefined;
  readonly signal: AbortSignal | undefined;
}

export class Append {
  /**
   * Settles at the end: [outputs of the head], or with `every` [new ids, outputs]. If it rejects, the cache
   * is as before.
   */
  readonly logits: Promise<Float32Array>;
  readonly #request: AppendRequest;
  readonly #before: number;
  readonly #outputs: number;
  /** Logits of all new ids, with `every`. */
  readonly #rows: Float32Array;
  #resolve: (logits: Float32Array) => void = () => {};
  #reject: (reason: unknown) => void = () => {};
  #done = 0;
  #ended = false;

  constructor(request: AppendRequest, outputs: number) {
    this.#request = request;
    this.#before = request.cache.length;
    this.#outputs = outputs;
    const { ids, replayed, every } = request;
    this.#rows = new Float32Array(every ? (ids.length - replayed) * outputs : 0);
    this.logits = new Promise((resolve, reject) => {
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

  /** Whether `logits` has settled. */
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
    if (this.#request.every) return Math.min(count, Math.max(0, this.#done + count - this.#request.replayed));
    return count === this.left ? 1 : 0;
  }

  /** Records that the next `count` ids have run. @param rows their logits, which are copied */
  advance(count: number, rows: Float32Array): void {
    const { every, replayed } = this.#request;
    if (every) this.#rows.set(rows, Math.max(0, this.#done - replayed) * this.#outputs);
    this.#done += count;
    this.#request.cache.forgetUnseen();
    if (this.left > 0) return;
    this.#ended = true;
    this.#resolve(every ? this.#rows : rows.slice());
  }

  /** Rejects with the error, or with the reason of an aborted signal. */
  fail(error: unknown): void {
    const { cache, signal } = this.#request;
    cache.truncate(this.#before);
    this.#ended = true;
    this.#reject(signal?.aborted ? signal.reason : error);
  }
}
