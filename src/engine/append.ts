/** Ids that a session appends: passes take a part of them at a time, until the logits are complete. */
import type { Segment } from "../compute/batch.ts";
import type { KvCache } from "../compute/memory/kv-cache.ts";

export interface AppendRequest {
  /** The sequence's: no other append may be under way in it. */
  readonly cache: KvCache;
  /** At least one. */
  readonly ids: readonly number[];
  /** Whether the logits after every id are wanted, or only those after the last. */
  readonly every: boolean;
  readonly signal: AbortSignal | undefined;
}

export class Append {
  /** Settles at the end: [outputs of the head], or with `every` [ids, outputs]. Where it rejects, the cache is as it was. */
  readonly logits: Promise<Float32Array>;
  readonly #request: AppendRequest;
  readonly #before: number;
  /** Those of all ids, where they are wanted. */
  readonly #rows: Float32Array;
  #resolve: (logits: Float32Array) => void = () => {};
  #reject: (reason: unknown) => void = () => {};
  #done = 0;
  #ended = false;

  constructor(request: AppendRequest, outputs: number) {
    this.#request = request;
    this.#before = request.cache.length;
    this.#rows = new Float32Array(request.every ? request.ids.length * outputs : 0);
    this.logits = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  /** Ids that no pass has run yet. */
  get left(): number {
    return this.#request.ids.length - this.#done;
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

  /** The next ids, at most so many, with room in the cache. @throws GptError `resource` where memory is full */
  next(most: number): Segment {
    const { cache, ids } = this.#request;
    const start = cache.length;
    const part = ids.slice(this.#done, this.#done + most);
    cache.grow(start + part.length);
    return { cache, start, ids: part };
  }

  /** Which of the next `count` ids want their logits: the last so many. */
  wanted(count: number): number {
    if (this.#request.every) return count;
    return count === this.left ? 1 : 0;
  }

  /** The next `count` ids have run; `rows` are the logits that were wanted, and are copied. */
  advance(count: number, rows: Float32Array): void {
    const { every, ids } = this.#request;
    if (every) this.#rows.set(rows, (this.#done * this.#rows.length) / ids.length);
    this.#done += count;
    if (this.left > 0) return;
    this.#ended = true;
    this.#resolve(every ? this.#rows : rows.slice());
  }

  /** Ends it without a result: with the signal's reason where that is aborted. */
  fail(error: unknown): void {
    const { cache, signal } = this.#request;
    cache.truncate(this.#before);
    this.#ended = true;
    this.#reject(signal?.aborted ? signal.reason : error);
  }
}
