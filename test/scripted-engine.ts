/** An engine for tests that answers every prompt with the same ids, and a model that runs on it. */
import { kvShapeOf } from "../src/engine/kv-types.ts";
import type { GeneratedToken, GenerateOptions } from "../src/generate/options/options.ts";
import type { Engine } from "../src/library/engine.ts";
import { LanguageModel } from "../src/library/language-model.ts";
import type { DecoderConfig } from "../src/model/config.ts";
import type { Session } from "../src/text/text-model.ts";
import type { Tokenizer } from "../src/tokenizer/tokenizer.ts";
import { tinyConfig } from "./fixtures/tiny-config.ts";
import { ScriptedSource } from "./generate/scripted-source.ts";
import { ByteTokenizer } from "./text/byte-tokenizer.ts";

export const config = tinyConfig(7);

export class ScriptedSession extends ScriptedSource implements Session {
  override readonly config: DecoderConfig = config;

  read(): Promise<void> {
    throw new Error("there is no encoder");
  }

  observe(ids: readonly number[]): Promise<Float32Array> {
    return this.append(ids);
  }

  score(): Promise<never> {
    throw new Error("only evaluation scores");
  }

  override fork(): ScriptedSession {
    throw new Error("only beams fork");
  }
}

export class ScriptedEngine implements Engine {
  readonly config = config;
  readonly contextSize = 20;
  readonly kvShape = kvShapeOf(config);
  readonly banks = [];
  readonly simd = "plain";
  readonly threads = 1;
  readonly sessions: ScriptedSession[] = [];
  closed = 0;
  readonly #script: readonly number[];

  constructor(script: readonly number[]) {
    this.#script = script;
  }

  createSession(): ScriptedSession {
    const session = new ScriptedSession(this.#script, config.vocabSize, this.contextSize);
    this.sessions.push(session);
    return session;
  }

  async close(): Promise<void> {
    this.closed++;
  }
}

export const [bos, end, otherEnd] = [0, 5, 6];
export const pieces = ["<s>", "Hello", " world", "!", "\n", "</s>", "<|end|>"];
export const special = { bosId: bos, endOfTextIds: [otherEnd] };
export const nameless = { bosId: undefined, endOfTextIds: [] };

interface Parts {
  readonly script?: readonly number[];
  readonly tokenizer?: Tokenizer | undefined;
  readonly names?: { readonly bosId: number | undefined; readonly endOfTextIds: readonly number[] };
}

export function build(parts: Parts = {}) {
  const {
    script = [2, 3, end],
    tokenizer,
    names,
  } = {
    tokenizer: new ByteTokenizer(pieces, special),
    names: { bosId: bos, endOfTextIds: [end] },
    ...parts,
  };
  const engine = new ScriptedEngine(script);
  return { engine, model: new LanguageModel(engine, tokenizer, names) };
}

export async function generated(
  model: LanguageModel,
  prompt: string | readonly number[],
  options: GenerateOptions = {},
  session?: Session,
) {
  const generation = model.generate(prompt, { temperature: 0, ...options }, session);
  const tokens: GeneratedToken[] = [];
  for (;;) {
    const { value, done } = await generation.next();
    if (done)
      return { text: tokens.map(({ text }) => text).join(""), ids: tokens.map(({ id }) => id), ...value };
    tokens.push(value);
  }
}
