/** A model that answers every question with a text it was given, so that tests know what it says. */
import { kvShapeOf } from "../../src/engine/kv-types.ts";
import type { Engine } from "../../src/library/engine.ts";
import { LanguageModel } from "../../src/library/language-model.ts";
import type { Session } from "../../src/text/text-model.ts";
import { tinyConfig } from "../fixtures/tiny-config.ts";
import { FakeSource } from "../generate/fake-source.ts";
import { ByteTokenizer } from "../text/byte-tokenizer.ts";

/** Stands before each answer in the template. */
const MARK = 1;
const CONTEXT = 4096;
/** The bytes, and a token that ends answers. */
const pieces: readonly (string | readonly number[])[] = [
  ...Array.from({ length: 256 }, (_, byte) => [byte]),
  "<|end|>",
];
const END = 256;
const config = tinyConfig(pieces.length);

class RecitingSession extends FakeSource implements Session {
  override readonly config = config;
  readonly #text: Uint8Array;
  readonly #delayMs: number;

  constructor(text: Uint8Array, delayMs: number) {
    super((ids) => {
      const next = text[ids.length - 1 - ids.lastIndexOf(MARK)] ?? END;
      return pieces.map((_, id) => (id === next ? 10 : 0));
    }, CONTEXT);
    this.#text = text;
    this.#delayMs = delayMs;
  }

  override async append(...given: Parameters<FakeSource["append"]>): Promise<Float32Array> {
    if (this.#delayMs > 0) await new Promise((resolve) => setTimeout(resolve, this.#delayMs));
    return await super.append(...given);
  }

  read(): Promise<void> {
    throw new Error("there is no encoder");
  }

  observe(ids: readonly number[]): Promise<Float32Array> {
    return this.append(ids);
  }

  score(): Promise<never> {
    throw new Error("it cannot score");
  }

  override fork(): RecitingSession {
    const fork = new RecitingSession(this.#text, this.#delayMs);
    fork.ids = this.ids;
    return fork;
  }
}

/** What a template of a test has at the end of a prompt. */
export const answerMark = String.fromCharCode(MARK);

/** @param delayMs that each token takes */
export function recitingModel(text: string, delayMs = 0): LanguageModel {
  const engine: Engine = {
    ...{ config, contextSize: CONTEXT, kvShape: kvShapeOf(config), banks: [], simd: "plain", threads: 1 },
    createSession: () => new RecitingSession(new TextEncoder().encode(text), delayMs),
    close: async () => {},
  };
  const tokenizer = new ByteTokenizer(pieces, { endOfTextIds: [END] });
  return new LanguageModel(engine, tokenizer, { bosId: undefined, endOfTextIds: [END] });
}
