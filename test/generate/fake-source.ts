/** A session for tests whose logits are a function of the ids that it holds. */
import type { LogitsSource } from "../../src/generate/logits-source.ts";
import type { DecoderConfig } from "../../src/model/config.ts";

/** @param call how many calls of `append` there were before */
export type LogitsOf = (ids: readonly number[], call: number) => ArrayLike<number>;

export class FakeSource implements LogitsSource {
  readonly contextSize: number;
  readonly config: Pick<DecoderConfig, "nPositions">;
  /** What was appended, call by call. */
  readonly appended: number[][] = [];
  readonly forks: FakeSource[] = [];
  ids: readonly number[] = [];
  closed = false;
  readonly #logitsOf: LogitsOf;

  constructor(logitsOf: LogitsOf, contextSize = 100, nPositions = contextSize) {
    this.#logitsOf = logitsOf;
    this.contextSize = contextSize;
    this.config = { nPositions };
  }

  get length(): number {
    return this.ids.length;
  }

  get filled(): number {
    return this.ids.length;
  }

  async append(
    ids: readonly number[],
    { every = false, signal }: { readonly every?: boolean; readonly signal?: AbortSignal | undefined } = {},
  ): Promise<Float32Array> {
    if (this.closed) throw new Error("appended to a closed session");
    if (ids.length === 0) throw new Error("appended nothing");
    if (this.length + ids.length > this.contextSize) throw new Error("appended more than the context holds");
    signal?.throwIfAborted();
    const call = this.appended.push([...ids]) - 1;
    const rows = ids.map((id) => {
      this.ids = [...this.ids, id];
      return [...Array.from(this.#logitsOf(this.ids, call))];
    });
    return Float32Array.from(every ? rows.flat() : (rows.at(-1) ?? []));
  }

  truncate(length: number): void {
    if (this.closed || length > this.length) throw new Error(`cut to ${length} of ${this.length}`);
    this.ids = this.ids.slice(0, length);
  }

  fork(): FakeSource {
    const fork = new FakeSource(this.#logitsOf, this.contextSize);
    fork.ids = this.ids;
    this.forks.push(fork);
    return fork;
  }

  async close(): Promise<void> {
    this.closed = true;
  }
}

/** Logits that look random and depend on every id before: in [-4, 4). */
export function hashedLogits(vocabSize: number): LogitsOf {
  return (ids) => {
    const seed = ids.reduce((hash, id) => Math.imul(hash ^ (id + 1), 0x01000193) >>> 0, 0x811c9dc5);
    return Array.from({ length: vocabSize }, (_, id) => {
      const mixed = Math.imul(seed ^ Math.imul(id + 1, 0x9e3779b1), 0x85ebca6b);
      return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 29 - 4;
    });
  };
}
