/** One sequence of tokens under a model: everything that changes - its position and its key/value cache. */

import { checkOptions, checkValue, flag, idListRule, type Rule, signalRule } from "../checks/rules.ts";
import type { KvCache } from "../compute/memory/kv-cache.ts";
import { Mutex } from "../compute/mutex.ts";
import { GptError } from "../errors.ts";
import type { DecoderConfig } from "../model/config.ts";
import type { Scheduler } from "./scheduler.ts";

export interface AppendOptions {
  /** Return the logits after every id, not only after the last. Default false. */
  readonly every?: boolean;
  readonly signal?: AbortSignal | undefined;
}

const rules: Readonly<Record<keyof AppendOptions, Rule>> = { every: flag, signal: signalRule };

export class Session {
  /** Positions it can hold. */
  readonly contextSize: number;
  readonly #scheduler: Scheduler;
  readonly #cache: KvCache;
  /** The open sessions of the model. */
  readonly #open: Set<Session>;
  /** Of its appends: one after the other. */
  readonly #mutex = new Mutex();
  /** What it holds, without the ids of an append that runs. */
  #ids: readonly number[] = [];
  /** Appends that were called and have not ended. */
  #appending = 0;
  #closed = false;

  /**
   * @param scheduler the model's
   * @param cache the session's own from here on
   * @param open the open sessions of the model: this one is among them until it is closed
   */
  constructor(scheduler: Scheduler, cache: KvCache, open: Set<Session>) {
    this.#scheduler = scheduler;
    this.#cache = cache;
    this.contextSize = cache.capacity;
    this.#open = open;
    open.add(this);
  }

  /** The model's: sessions of one model have the same. */
  get config(): DecoderConfig {
    return this.#scheduler.decoder.config;
  }

  /** Positions so far. An append counts once it has ended. */
  get length(): number {
    return this.#ids.length;
  }

  /** Positions that are filled, with those of an append under way: how far it is. */
  get filled(): number {
    return this.#cache.length;
  }

  /** What it holds, oldest first. */
  get ids(): readonly number[] {
    return this.#ids;
  }

  /**
   * A second session that holds the same positions. The two share the memory of what they have in common.
   *
   * @throws GptError `usage` once it is closed, `resource` where memory is full
   */
  fork(): Session {
    this.#checkOpen();
    const cache = this.#cache.fork();
    cache.truncate(this.length);
    const fork = new Session(this.#scheduler, cache, this.#open);
    fork.#ids = this.#ids;
    return fork;
  }

  /**
   * Appends tokens. What sessions of a model append at the same time runs together. On an error or abort the session is as it
   * was before.
   *
   * @returns logits after the last id, [vocabulary], or with `every` after each, [ids, vocabulary] row-major; a
   *   classifier's are of its classes; the caller's own copy
   * @throws GptError `usage` for no ids, an id outside the vocabulary or an option that does not exist, `resource` for more than the context holds;
   *   the signal's reason when it is aborted
   */
  async append(ids: readonly number[], options: AppendOptions = {}): Promise<Float32Array> {
    checkValue("ids", ids, idListRule);
    const own = [...ids];
    const checked = checkOptions(options, rules);
    this.#appending++;
    try {
      return await this.#mutex.run(() => this.#append(own, checked));
    } finally {
      this.#appending--;
    }
  }

  /**
   * Forgets the positions from `length` on.
   *
   * @throws GptError `usage` for a length that is not 0 to the present one, and while an append runs
   */
  truncate(length: number): void {
    this.#checkOpen();
    if (this.#appending > 0) throw new GptError("usage", "truncate: an append is running, await it first");
    if (!Number.isInteger(length) || length < 0 || length > this.length) {
      throw new GptError("usage", `truncate ${length}: the session holds ${this.length} positions`);
    }
    this.#cache.truncate(length);
    this.#ids = this.#ids.slice(0, length);
  }

  /** Frees the cache, once the appends have ended. Calls after the first do nothing. */
  async close(): Promise<void> {
    await this.#mutex.run(async () => {
      if (this.#closed) return;
      this.#closed = true;
      this.#ids = [];
      this.#cache.free();
      this.#open.delete(this);
    });
  }

  async #append(ids: readonly number[], { every = false, signal }: AppendOptions): Promise<Float32Array> {
    this.#check(ids);
    signal?.throwIfAborted();
    const logits = await this.#scheduler.append({ cache: this.#cache, ids, every, signal });
    this.#ids = this.#ids.concat(ids);
    return logits;
  }

  #checkOpen(): void {
    if (this.#closed) throw new GptError("usage", "the session is closed");
  }

  #check(ids: readonly number[]): void {
    this.#checkOpen();
    if (ids.length === 0) throw new GptError("usage", "append: at least one token id is needed");
    const { vocabSize } = this.config;
    const wrong = ids.find((id) => !Number.isInteger(id) || id < 0 || id >= vocabSize);
    if (wrong !== undefined)
      throw new GptError("usage", `token id ${wrong}: the vocabulary is 0 to ${vocabSize - 1}`);
    if (this.length + ids.length > this.contextSize) {
      throw new GptError(
        "resource",
        `${this.length} + ${ids.length} tokens exceed the context of ${this.contextSize}`,
      );
    }
  }
}
