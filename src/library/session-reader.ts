/** The hidden states of texts by a language model that is loaded already, one text after the other. */
import type { Observer } from "../compute/ops/observing-ops.ts";
import type { WholeText } from "../engine/whole-text.ts";
import { GptError } from "../errors.ts";
import type { TextModel } from "../text/text-model.ts";
import type { TextReader } from "./encoder.ts";

export class SessionReader implements TextReader {
  readonly #model: Pick<TextModel, "config" | "contextSize" | "createSession">;

  constructor(model: Pick<TextModel, "config" | "contextSize" | "createSession">) {
    this.#model = model;
  }

  get config() {
    return this.#model.config;
  }

  get contextSize(): number {
    return this.#model.contextSize;
  }

  async hidden(texts: readonly WholeText[], signal?: AbortSignal): Promise<Float32Array[]> {
    const states: Float32Array[] = [];
    for (const { ids } of texts) {
      const session = this.#model.createSession();
      const seen = new LastStates(this.config.layers.length);
      try {
        await session.observe(ids, seen, { signal });
      } finally {
        await session.close();
      }
      states.push(seen.values);
    }
    return states;
  }

  logits(): never {
    throw new GptError("usage", "a decoder fills no masks");
  }

  /** The model belongs to its owner. */
  async close(): Promise<void> {}
}

/** The rows of the final norm; of the last block in a model without one. A long text comes in parts. */
class LastStates implements Observer {
  readonly #last: string;
  #normed: Float32Array[] = [];
  #plain: Float32Array[] = [];

  constructor(layers: number) {
    this.#last = `hidden.${layers}`;
  }

  get values(): Float32Array {
    const parts = this.#normed.length > 0 ? this.#normed : this.#plain;
    const whole = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const part of parts) {
      whole.set(part, at);
      at += part.length;
    }
    return whole;
  }

  wants(name: string): boolean {
    return name === "final_norm" || name === this.#last;
  }

  see(name: string, _: readonly number[], values: Float32Array): undefined {
    (name === "final_norm" ? this.#normed : this.#plain).push(values);
  }
}
