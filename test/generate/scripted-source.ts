/** A session for tests that knows by heart what comes next: the ids of a script; second best is the id after. */
import type { LogitsSource } from "../../src/generate/generate.ts";

export class ScriptedSource implements LogitsSource {
  readonly contextSize: number;
  /** What was appended, call by call. */
  readonly appended: number[][] = [];
  length = 0;
  readonly #script: readonly number[];
  readonly #vocabSize: number;

  /** @param script the likeliest id after each call of `append` */
  constructor(script: readonly number[], vocabSize: number, contextSize = 100) {
    this.#script = script;
    this.#vocabSize = vocabSize;
    this.contextSize = contextSize;
  }

  async append(
    ids: readonly number[],
    options: { readonly signal?: AbortSignal | undefined } = {},
  ): Promise<Float32Array> {
    options.signal?.throwIfAborted();
    const likeliest = this.#script[this.appended.length] ?? 0;
    this.appended.push([...ids]);
    this.length += ids.length;
    const size = this.#vocabSize;
    return Float32Array.from({ length: size }, (_, id) => -((id - likeliest + size) % size));
  }
}
