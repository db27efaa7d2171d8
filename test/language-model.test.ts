import { describe, expect, it } from "vitest";
import { GptError } from "../src/errors.ts";
import type { GeneratedToken, GenerateOptions } from "../src/generate/options.ts";
import { type Engine, LanguageModel, type Session } from "../src/language-model.ts";
import type { DecoderConfig } from "../src/model/config.ts";
import type { Tokenizer } from "../src/tokenizer/tokenizer.ts";
import { ScriptedSource } from "./generate/scripted-source.ts";
import { ByteTokenizer } from "./text/byte-tokenizer.ts";

const config: DecoderConfig = {
  family: "gpt2",
  vocabSize: 7,
  nLayer: 1,
  nHead: 1,
  nKvHead: 1,
  headDim: 4,
  nEmbd: 4,
  nInner: 16,
  nPositions: 50,
  norm: "layernorm",
  normEpsilon: 1e-5,
  normPlacement: "pre",
  queryKeyNorm: false,
  position: { kind: "learned" },
  activation: "gelu_tanh",
  gated: false,
  qkvBias: true,
  attentionOutputBias: true,
  mlpBias: true,
  tiedHead: true,
};

class ScriptedSession extends ScriptedSource implements Session {
  closed = false;

  truncate(length: number): void {
    this.length = length;
  }

  async close(): Promise<void> {
    this.closed = true;
  }
}

/** Answers every prompt with the same ids. */
class ScriptedEngine implements Engine {
  readonly config = config;
  readonly contextSize = 20;
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

const [bos, end, otherEnd] = [0, 5, 6];
const pieces = ["<s>", "Hello", " world", "!", "\n", "</s>", "<|end|>"];
const special = { bosId: bos, endOfTextIds: [otherEnd] };
const nameless = { bosId: undefined, endOfTextIds: [] };

interface Parts {
  readonly script?: readonly number[];
  readonly tokenizer?: Tokenizer | undefined;
  readonly names?: { readonly bosId: number | undefined; readonly endOfTextIds: readonly number[] };
}

function build(parts: Parts = {}) {
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

async function generated(
  model: LanguageModel,
  prompt: string | readonly number[],
  options: GenerateOptions = {},
) {
  const generation = model.generate(prompt, { temperature: 0, ...options });
  const tokens: GeneratedToken[] = [];
  for (;;) {
    const { value, done } = await generation.next();
    if (done)
      return { text: tokens.map(({ text }) => text).join(""), ids: tokens.map(({ id }) => id), ...value };
    tokens.push(value);
  }
}

describe("LanguageModel.generate", () => {
  it("continues a text", async () => {
    const { model, engine } = build();
    const result = await generated(model, "Hello", { seed: 8 });
    expect(result).toMatchObject({
      text: " world!",
      ids: [2, 3],
      finishReason: "eos",
      promptIds: [1],
      seed: 8,
    });
    expect(engine.sessions.map(({ appended }) => appended)).toEqual([[[1], [2], [3]]]);
  });

  it("reports the seed it drew", async () => {
    const { model } = build();
    const { seed } = await generated(model, "Hello", {});
    expect(seed).toBe(seed >>> 0);
  });

  it("ends with the end-of-text ids of the checkpoint and of the tokenizer", async () => {
    for (const id of [end, otherEnd]) {
      expect(await generated(build({ script: [2, id] }).model, "Hello")).toMatchObject({ ids: [2] });
    }
  });

  it("puts the beginning-of-text token before a text where the tokenizer says so, never twice", async () => {
    const tokenizer = new ByteTokenizer(pieces, { ...special, addBos: true });
    expect(await generated(build({ tokenizer }).model, "Hello")).toMatchObject({ promptIds: [bos, 1] });
    tokenizer.encode = () => [bos, 2];
    expect(await generated(build({ tokenizer }).model, " world")).toMatchObject({ promptIds: [bos, 2] });
  });

  it("takes ids as they are", async () => {
    const tokenizer = new ByteTokenizer(pieces, { ...special, addBos: true });
    expect(await generated(build({ tokenizer }).model, [1])).toMatchObject({ promptIds: [1] });
    expect(await generated(build({ tokenizer }).model, [bos, bos])).toMatchObject({ promptIds: [bos, bos] });
  });

  it("continues the token that begins a text where the prompt is empty", async () => {
    const plain = new ByteTokenizer(pieces);
    const cases = [
      { parts: {}, start: bos },
      { parts: { tokenizer: new ByteTokenizer(pieces, { ...special, addBos: true }) }, start: bos },
      { parts: { tokenizer: plain }, start: bos },
      { parts: { tokenizer: plain, names: { bosId: undefined, endOfTextIds: [end] } }, start: end },
      { parts: { tokenizer: undefined }, start: bos },
    ];
    for (const { parts, start } of cases) {
      expect(await generated(build(parts).model, [])).toMatchObject({ promptIds: [start] });
      if (build(parts).model.hasTokenizer) {
        expect(await generated(build(parts).model, "")).toMatchObject({ promptIds: [start] });
      }
    }
    const { model } = build({ tokenizer: plain, names: nameless });
    expect(() => model.generate("")).toThrow("names no token that begins a text");
  });

  it("refuses wrong options and texts at once, before a session is made", () => {
    const { model, engine } = build();
    expect(() => model.generate("Hello", { topP: 2 })).toThrow(GptError);
    expect(() => model.generate("Hello", { logitBias: new Map([[7, 1]]) })).toThrow("ids go from 0 to 6");
    expect(engine.sessions).toEqual([]);
  });

  it("refuses a prompt longer than the context with both counts", async () => {
    const prompt = new Array<number>(21).fill(1);
    await expect(generated(build().model, prompt)).rejects.toThrow(
      "prompt has 21 tokens, the context holds 20",
    );
  });

  it("closes its session at the end, on an error, and when it is left early", async () => {
    const { model, engine } = build();
    await generated(model, "Hello");
    await generated(model, new Array<number>(21).fill(1)).catch(() => {});
    for await (const { text } of model.generate("Hello")) if (text !== "") break;
    expect(engine.sessions.map(({ closed }) => closed)).toEqual([true, true, true]);
  });

  it("makes no session where nobody iterates", () => {
    const { model, engine } = build();
    model.generate("Hello");
    expect(engine.sessions).toEqual([]);
  });
});

describe("LanguageModel without a tokenizer", () => {
  const { model } = build({ tokenizer: undefined });

  it("takes and gives ids, with empty texts", async () => {
    expect(model.hasTokenizer).toBe(false);
    expect(await generated(model, [1])).toMatchObject({ text: "", ids: [2, 3], finishReason: "eos" });
  });

  it("refuses texts", () => {
    expect(() => model.tokenizer).toThrow("without tokenizer files");
    expect(() => model.generate("Hello")).toThrow("without tokenizer files");
    expect(() => model.generate([1], { stop: ["x"] })).toThrow("without tokenizer files");
    expect(() => model.generate([1], { ban: ["x"] })).toThrow("without tokenizer files");
  });
});

describe("LanguageModel", () => {
  it("shows its engine's facts", () => {
    const { model } = build();
    expect(model).toMatchObject({ config, contextSize: 20, simd: "plain", threads: 1, hasTokenizer: true });
    expect(model.tokenizer.decode([1, 2])).toBe("Hello world");
  });

  it("is closed once, and makes no sessions after", async () => {
    const { model, engine } = build();
    await Promise.all([model.close(), model.close()]);
    await model[Symbol.asyncDispose]();
    expect(engine.closed).toBe(1);
    expect(() => model.createSession()).toThrow("the model is closed");
    await expect(generated(model, "Hello")).rejects.toThrow("the model is closed");
  });
});
