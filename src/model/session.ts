/** One sequence of tokens under a model: everything that changes - its position and its key/value cache. */
import { createBatch } from "../compute/batch.ts";
import type { KvCache } from "../compute/kv-cache.ts";
import type { Ops } from "../compute/ops.ts";
import type { Runtime } from "../compute/runtime.ts";
import type { Tensor } from "../compute/tensor.ts";
import { GptError } from "../errors.ts";
import { checkOptions, checkValue, flag, idListRule, type Rule, signalRule } from "../option-rules.ts";
import type { DecoderConfig } from "./config.ts";
import type { Decoder } from "./decoder.ts";
import { forward, logits } from "./decoder.ts";

/**
 * Rows of one pass: enough to read the weights seldom, few enough to stay in the cache and to pause often; whole tiles of
 * the matrix product in both builds.
 */
const ROWS_PER_PASS = 144;

export interface AppendOptions {
  /** Return the logits after every id, not only after the last. Default false. */
  readonly every?: boolean;
  readonly signal?: AbortSignal | undefined;
}

const rules: Readonly<Record<keyof AppendOptions, Rule>> = { every: flag, signal: signalRule };

export class Session {
  /** Positions it can hold. */
  readonly contextSize: number;
  readonly #runtime: Runtime;
  readonly #ops: Ops;
  readonly #decoder: Decoder;
  readonly #cache: KvCache;
  readonly #ids: number[] = [];
  /** The open sessions of the model. */
  readonly #open: Set<Session>;
  /** Appends that were called and have not ended. */
  #appending = 0;
  #closed = false;

  /**
   * @param cache the session's own from here on
   * @param open the open sessions of the model: this one is among them until it is closed
   */
  constructor(runtime: Runtime, ops: Ops, decoder: Decoder, cache: KvCache, open: Set<Session>) {
    this.#runtime = runtime;
    this.#ops = ops;
    this.#decoder = decoder;
    this.#cache = cache;
    this.contextSize = cache.capacity;
    this.#open = open;
    open.add(this);
  }

  /** The model's: sessions of one model have the same. */
  get config(): DecoderConfig {
    return this.#decoder.config;
  }

  /** Positions so far. */
  get length(): number {
    return this.#cache.length;
  }

  /** What it holds now, oldest first. */
  get ids(): readonly number[] {
    return [...this.#ids];
  }

  /**
   * A second session that holds the same positions. The two share the memory of what they have in common.
   *
   * @throws GptError `usage` while an append runs, `resource` where memory is full
   */
  fork(): Session {
    this.#checkIdle("fork");
    const cache = this.#cache.fork();
    const fork = new Session(this.#runtime, this.#ops, this.#decoder, cache, this.#open);
    fork.#ids.push(...this.#ids);
    return fork;
  }

  /**
   * Appends tokens. On an error or abort the session is as it was before.
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
      return await this.#runtime.exclusively(() => this.#append(own, checked));
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
    this.#checkIdle("truncate");
    if (!Number.isInteger(length) || length < 0 || length > this.length) {
      throw new GptError("usage", `truncate ${length}: the session holds ${this.length} positions`);
    }
    this.#cut(length);
  }

  /** Frees the cache. Calls after the first do nothing. */
  async close(): Promise<void> {
    await this.#runtime.exclusively(async () => {
      if (this.#closed) return;
      this.#closed = true;
      this.#cache.free();
      this.#open.delete(this);
    });
  }

  async #append(ids: readonly number[], { every = false, signal }: AppendOptions): Promise<Float32Array> {
    this.#check(ids);
    signal?.throwIfAborted();
    const { outputs } = this.#decoder.head;
    const result = new Float32Array((every ? ids.length : 1) * outputs);
    const pause = () => this.#runtime.pause(signal);
    const before = this.length;
    const mark = this.#runtime.scratch.mark();
    try {
      for (let begin = 0; begin < ids.length; begin += ROWS_PER_PASS) {
        const end = Math.min(begin + ROWS_PER_PASS, ids.length);
        const hidden = await this.#forward(ids.slice(begin, end), pause);
        if (every) result.set(this.#logits(hidden, 0, end - begin), begin * outputs);
        else if (end === ids.length) result.set(this.#logits(hidden, end - begin - 1, 1));
        this.#runtime.scratch.release(mark);
      }
    } catch (error) {
      this.#cut(before);
      throw error;
    } finally {
      this.#runtime.scratch.release(mark);
    }
    return result;
  }

  async #forward(ids: readonly number[], pause: () => Promise<void>): Promise<Tensor> {
    const start = this.length;
    this.#cache.grow(start + ids.length);
    this.#ids.push(...ids);
    const batch = createBatch(this.#runtime, [{ cache: this.#cache, start, ids }]);
    return forward(this.#ops, this.#decoder, batch, pause);
  }

  #logits(hidden: Tensor, first: number, count: number): Float32Array {
    const ops = this.#ops;
    return ops.read(logits(ops, this.#decoder, ops.rows(hidden, first, count)));
  }

  #cut(length: number): void {
    this.#cache.truncate(length);
    this.#ids.length = Math.min(this.#ids.length, length);
  }

  #checkIdle(what: string): void {
    if (this.#closed) throw new GptError("usage", "the session is closed");
    if (this.#appending > 0) throw new GptError("usage", `${what}: an append is running, await it first`);
  }

  #check(ids: readonly number[]): void {
    if (this.#closed) throw new GptError("usage", "the session is closed");
    if (ids.length === 0) throw new GptError("usage", "append: at least one token id is needed");
    const { vocabSize } = this.#decoder.config;
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
