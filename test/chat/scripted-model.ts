/**
 * A model that knows one story by heart: each token is followed by the next one of the story, and " the" by
 * either of two.
 */
import { kvShapeOf } from "../../src/engine/kv-types.ts";
import type { GenerateOptions } from "../../src/generate/options/options.ts";
import type { Engine } from "../../src/library/engine.ts";
import { LanguageModel } from "../../src/library/language-model.ts";
import type { Session } from "../../src/text/text-model.ts";
import { tinyConfig } from "../fixtures/tiny-config.ts";
import { FakeSource, type LogitsOf } from "../generate/fake-source.ts";
import { ByteTokenizer } from "../text/byte-tokenizer.ts";

const words = ["<s>", "Once", " upon", " a", " time", ",", " the", " dog", " cat", " sat", ".", "</s>"];
export const pieces = [...words, ..."/xupo \n", [0xf0, 0x9f], [0x98, 0x80]];

/** The id of a piece. */
const of = (piece: string): number => pieces.indexOf(piece);
export const [bos, once, upon, a] = [of("<s>"), of("Once"), of(" upon"), of(" a")];
export const [time, comma, the, dog] = [of(" time"), of(","), of(" the"), of(" dog")];
const sat = of(" sat");
export const [cat, fullStop, end, x] = [of(" cat"), of("."), of("</s>"), of("x")];

/** What follows a token; one that is not here is followed by itself. */
const nextOf: ReadonlyMap<number | undefined, readonly (number | undefined)[]> = new Map([
  [bos, [once]],
  [once, [upon]],
  [upon, [a]],
  [a, [time]],
  [time, [comma]],
  [comma, [the]],
  [the, [dog, cat]],
  [dog, [sat]],
  [cat, [sat]],
  [sat, [fullStop]],
  [fullStop, [end]],
]);

const logitsOf: LogitsOf = (ids) => {
  const last = ids.at(-1);
  const next = nextOf.get(last) ?? [last];
  return pieces.map((_, id) => (next.includes(id) ? 10 : -id));
};

const config = tinyConfig(pieces.length);

class ScriptedSession extends FakeSource implements Session {
  override readonly config = config;

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

class ScriptedEngine implements Engine {
  readonly config = config;
  readonly contextSize: number;
  readonly kvShape = kvShapeOf(config);
  readonly banks = [];
  readonly simd = "plain";
  readonly threads = 1;
  readonly sessions: ScriptedSession[] = [];

  constructor(contextSize: number) {
    this.contextSize = contextSize;
  }

  createSession(): ScriptedSession {
    const session = new ScriptedSession(logitsOf, this.contextSize);
    this.sessions.push(session);
    return session;
  }

  async close(): Promise<void> {}
}

const tokenizer = new ByteTokenizer(pieces, { bosId: bos, endOfTextIds: [end] });

/** @param contextSize in tokens */
export function scriptedModel(contextSize = 100) {
  const engine = new ScriptedEngine(contextSize);
  return { engine, model: new LanguageModel(engine, tokenizer, { bosId: undefined, endOfTextIds: [] }) };
}

/** The likeliest tokens, so that a test can foretell them. */
export const greedy: GenerateOptions = { temperature: 0, maxTokens: 3, seed: 5 };
