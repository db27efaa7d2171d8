/** What the encoder of a model has read for a session: one text at a time. */
import { KvCache } from "../compute/memory/kv-cache.ts";
import type { KvShape } from "../compute/memory/kv-shape.ts";
import type { Memory } from "../compute/memory/memory.ts";
import { GptError } from "../errors.ts";
import type { Scheduler } from "./scheduler.ts";

export class Readings {
  readonly #scheduler: Scheduler;
  readonly #memory: Memory;
  /** Sizes of the keys and values of cross-attention. */
  readonly #shape: KvShape;
  #ids: readonly number[] = [];
  #cache: KvCache | undefined;

  constructor(scheduler: Scheduler, memory: Memory, shape: KvShape) {
    this.#scheduler = scheduler;
    this.#memory = memory;
    this.#shape = shape;
  }

  /** The keys and values of the text. @throws GptError `usage` before a text was read */
  get source(): KvCache {
    if (this.#cache !== undefined) return this.#cache;
    throw new GptError("usage", "this model has an encoder: let it read a text first, with read");
  }

  /** Whether it has read this text. */
  has(ids: readonly number[]): boolean {
    return ids.length === this.#ids.length && ids.every((id, i) => id === this.#ids[i]);
  }

  /** Reads a text in the place of the last one. After an error it has read none. */
  async read(ids: readonly number[], signal: AbortSignal | undefined): Promise<void> {
    this.free();
    const cache = new KvCache(this.#memory, this.#shape, ids.length);
    try {
      await this.#scheduler.read(ids, cache, signal);
    } catch (error) {
      cache.free();
      throw error;
    }
    this.#cache = cache;
    this.#ids = ids;
  }

  /** The same text, whose memory both share. */
  fork(): Readings {
    const fork = new Readings(this.#scheduler, this.#memory, this.#shape);
    fork.#cache = this.#cache?.fork();
    fork.#ids = this.#ids;
    return fork;
  }

  free(): void {
    this.#cache?.free();
    this.#cache = undefined;
    this.#ids = [];
  }
}
