/**
 * One sequence of tokens under a model, with the state that changes: its position and its key/value cache.
 */

import { checkOptions, checkValue, idListRule } from "../checks/rules.ts";
import type { SequenceCache } from "../compute/memory/sequence-cache.ts";
import { Mutex } from "../compute/mutex.ts";
import type { Observer } from "../compute/ops/observing-ops.ts";
import { GptError } from "../errors.ts";
import { firstAngle } from "../model/attention/angles.ts";
import type { DecoderConfig } from "../model/config.ts";
import type { AppendRequest } from "./append.ts";
import { type AppendOptions, rules, type ScoreOptions, scoreRules } from "./append-options.ts";
import { type AppendOutput, checkTargets, LogitRows, type NextScores, ScoredRows } from "./append-output.ts";
import type { Readings } from "./readings.ts";
import type { Scheduler } from "./scheduler.ts";
import { checkIds, checkVocabulary } from "./whole-text.ts";

export class Session {
  /** Positions it can hold. */
  readonly contextSize: number;
  readonly #scheduler: Scheduler;
  readonly #cache: SequenceCache;
  readonly #readings: Readings | undefined;
  /** The open sessions of the model. */
  readonly #open: Set<Session>;
  /** Its appends run one after the other. */
  readonly #mutex = new Mutex();
  /** Its ids, without those of a running append. */
  #ids: readonly number[] = [];
  /** Number of appends that have not ended. */
  #appending = 0;
  #closed = false;
  /** Row of the tables of rotary angles that the keys in the cache begin with. */
  #firstAngle = 0;

  /**
   * @param scheduler of the model
   * @param cache owned by the session from now on
   * @param open the open sessions of the model, with this session until it is closed
   * @param readings of a model with an encoder; owned by the session
   */
  constructor(scheduler: Scheduler, cache: SequenceCache, open: Set<Session>, readings?: Readings) {
    this.#scheduler = scheduler;
    this.#cache = cache;
    this.#readings = readings;
    this.contextSize = cache.capacity;
    this.#open = open;
    open.add(this);
  }

  /** The config of the model: the same for all its sessions. */
  get config(): DecoderConfig {
    return this.#scheduler.decoder.config;
  }

  /** Number of positions. An append counts after its end. */
  get length(): number {
    return this.#ids.length;
  }

  /** Positions that are filled, with those of an append under way: how far it is. */
  get filled(): number {
    return this.#cache.length;
  }

  /** Its ids, oldest first. */
  get ids(): readonly number[] {
    return this.#ids;
  }

  /**
   * A second session with the same positions. The two share the memory of their common positions.
   *
   * @throws GptError `usage` after `close`, `resource` if memory is full
   */
  fork(): Session {
    this.#checkOpen();
    const cache = this.#cache.fork();
    cache.truncate(this.length);
    const fork = new Session(this.#scheduler, cache, this.#open, this.#readings?.fork());
    fork.#ids = this.#ids;
    fork.#firstAngle = this.#firstAngle;
    return fork;
  }

  /**
   * Reads a text with the encoder of the model: the next ids continue nothing, and look at this text. A
   * session that has read the same text keeps its ids.
   *
   * @throws GptError `usage` for a model without an encoder, `resource` for a text that is longer than the
   *   context or without ids; the reason of an aborted signal
   */
  async read(
    ids: readonly number[],
    { signal }: { readonly signal?: AbortSignal | undefined } = {},
  ): Promise<void> {
    checkValue("ids", ids, idListRule);
    const own = [...ids];
    await this.#mutex.run(async () => {
      this.#checkOpen();
      if (this.#readings === undefined) throw new GptError("usage", "read: this model has no encoder");
      checkIds(own, this.config.vocabSize, this.contextSize);
      if (this.#readings.has(own)) return;
      this.#cache.truncate(0);
      this.#ids = [];
      await this.#readings.read(own, signal);
    });
  }

  /**
   * Appends tokens. Concurrent appends of the sessions of a model run together. After an error or an abort
   * the session is as before.
   *
   * @returns the logits after the last id, [vocabulary], or with `every` after each id, [ids, vocabulary]
   *   row-major. A classifier has logits of its classes. The caller owns the array
   * @throws GptError `usage` without ids, for an id outside the vocabulary and for an unknown option,
   *   `resource` for more ids than the context holds; the reason of an aborted signal
   */
  async append(ids: readonly number[], options: AppendOptions = {}): Promise<Float32Array> {
    return this.observe(ids, undefined, options);
  }

  /**
   * Appends ids as `append` does, in passes of their own, while an observer sees named results and may replace
   * them (compute/ops/observing-ops.ts has the names and shapes). A long text takes several passes: the
   * observer then sees the rows of a result in parts, in their order.
   */
  async observe(
    ids: readonly number[],
    observer: Observer | undefined,
    options: AppendOptions = {},
  ): Promise<Float32Array> {
    checkValue("ids", ids, idListRule);
    const own = [...ids];
    const { every = false, signal } = checkOptions(options, rules);
    const { outputs } = this.#scheduler.decoder.head.weight;
    const output = () => new LogitRows(every ? own.length : 1, outputs);
    return (await this.#run(own, output, { observer, signal })).logits;
  }

  /**
   * Appends tokens as `append` does, for the probabilities of what comes next instead of all logits. The
   * softmax runs on all threads.
   *
   * @param targets ids whose log-probabilities are wanted after each of the last appended ids
   * @returns a result for each of `targets`
   * @throws GptError as `append`; `usage` for more targets than ids, for a target outside the vocabulary, and
   *   for `others` of another shape; `invalid-file` for logits that are no numbers
   */
  async score(
    ids: readonly number[],
    targets: readonly (readonly number[])[],
    options: ScoreOptions = {},
  ): Promise<readonly NextScores[]> {
    checkValue("ids", ids, idListRule);
    const own = [...ids];
    const { signal, others } = checkOptions(options, scoreRules);
    const wanted = checkTargets(targets, own.length, this.config.vocabSize, others);
    return (await this.#run(own, () => new ScoredRows(wanted, others), { signal })).scores;
  }

  /**
   * Forgets the positions from `length` on. Recurrent layers keep few of their states: the next append runs
   * the ids again that come after the last of these.
   *
   * @throws GptError `usage` for a length out of range, and while an append runs
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

  /** Frees the cache after the appends have ended. Further calls do nothing. */
  async close(): Promise<void> {
    await this.#mutex.run(async () => {
      if (this.#closed) return;
      this.#closed = true;
      this.#ids = [];
      this.#cache.free();
      this.#readings?.free();
      this.#open.delete(this);
    });
  }

  /** @param outputOf makes what takes the logits, once the ids are checked */
  async #run<O extends AppendOutput>(
    ids: readonly number[],
    outputOf: () => O,
    watch: Pick<AppendRequest, "observer" | "signal">,
  ): Promise<O> {
    this.#appending++;
    try {
      return await this.#mutex.run(() => this.#append(ids, outputOf, watch));
    } finally {
      this.#appending--;
    }
  }

  async #append<O extends AppendOutput>(
    ids: readonly number[],
    outputOf: () => O,
    { observer, signal }: Pick<AppendRequest, "observer" | "signal">,
  ): Promise<O> {
    this.#check(ids);
    signal?.throwIfAborted();
    const cache = this.#cache;
    const first = firstAngle(this.#scheduler.decoder.longAngles, this.length + ids.length);
    // The keys of shorter or longer sequences turn by other angles.
    if (first !== this.#firstAngle) cache.truncate(0);
    this.#firstAngle = first;
    const replayed = this.length - cache.length;
    const all = replayed > 0 ? this.#ids.slice(cache.length).concat(ids) : ids;
    const source = this.#readings?.source;
    const output = outputOf();
    await this.#scheduler.append({
      cache,
      source,
      ids: all,
      firstAngle: first,
      output,
      observer,
      signal,
    });
    this.#ids = this.#ids.concat(ids);
    return output;
  }

  #checkOpen(): void {
    if (this.#closed) throw new GptError("usage", "the session is closed");
  }

  #check(ids: readonly number[]): void {
    this.#checkOpen();
    if (ids.length === 0) throw new GptError("usage", "append: at least one token id is needed");
    checkVocabulary(ids, this.config.vocabSize);
    if (this.length + ids.length > this.contextSize) {
      throw new GptError(
        "resource",
        `${this.length} + ${ids.length} tokens exceed the context of ${this.contextSize}`,
      );
    }
  }
}
