import { describe, expect, it } from "vitest";
import { GptError } from "../src/errors.ts";
import type { GeneratedToken, GenerateOptions } from "../src/generate/options.ts";
import { type Engine, LanguageModel, type Session } from "../src/language-model.ts";
import type { DecoderConfig } from "../src/model/config.ts";
import type { Tokenizer } from "../src/tokenizer/tokenizer.ts";
import { tinyConfig } from "./fixtures/tiny-config.ts";
import { ScriptedSource } from "./generate/scripted-source.ts";
import { ByteTokenizer } from "./text/byte-tokenizer.ts";

const config = tinyConfig(7);

class ScriptedSession extends ScriptedSource implements Session {
  override readonly config: DecoderConfig = config;

  override fork(): ScriptedSession {
    throw new Error("only beams fork");
  }
}

/** Answers every prompt with the same ids. */
class ScriptedEngine implements Engine {
  readonly config = config;
  readonly contextSize = 20;
  readonly kvShape = config;
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

describe("a model that knows its path", () => {
  const path = "models/strange";
  const strange = (tokenizer?: Tokenizer, script: readonly number[] = []) =>
    new LanguageModel(new ScriptedEngine(script), tokenizer, nameless, undefined, path);

  it("names it where its files are at fault", async () => {
    expect(() => strange().generate("Hello")).toThrow(`${path}: this model came without tokenizer files`);
    const foreign = new ByteTokenizer([...pieces, " of"], special);
    expect(() => strange(foreign).generate("Hello of")).toThrow(`${path}: the tokenizer gives token 7`);
    class BrokenSession extends ScriptedSession {
      override async append(): Promise<Float32Array> {
        return new Float32Array(config.vocabSize).fill(Number.NaN);
      }
    }
    const session = new BrokenSession([], config.vocabSize, 20);
    await expect(generated(strange(), [1], {}, session)).rejects.toThrow(
      `${path}: the logit of token 0 is NaN`,
    );
  });
});

describe("LanguageModel.generate", () => {
  it("refuses a draft of another vocabulary", async () => {
    const { model } = build();
    const { model: draft } = build();
    expect(await generated(model, "Hello", { draft })).toMatchObject({ draftedTokens: 6 });
    const others = [
      build({ tokenizer: new ByteTokenizer(pieces.with(1, "Hallo"), special) }).model,
      build({ tokenizer: new ByteTokenizer(pieces.slice(0, 5), special) }).model,
      build({ tokenizer: undefined }).model,
      { createSession: () => new ScriptedSession([], 7) },
    ];
    for (const draft of others) {
      expect(() => model.generate("Hello", { draft })).toThrow("the draft model has another vocabulary");
    }
    expect(() => model.generate("Hello", { draft: "small" as never })).toThrow(
      "draft must be a model as loadModel gives it, found 'small'",
    );
  });

  it("refuses a tokenizer that is not the model's", () => {
    const { model } = build({ tokenizer: new ByteTokenizer([...pieces, " of"], special) });
    expect(() => model.generate("Hello of")).toThrow(
      "the tokenizer gives token 7, the model has 7 tokens: their files do not belong together",
    );
  });

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

  it("refuses what is no prompt, no options and no session", () => {
    const { model } = build();
    const generate = model.generate.bind(model) as (...args: unknown[]) => unknown;
    for (const [args, message] of [
      [[], "prompt must be a text or a list of token ids, found undefined"],
      [[5], "prompt must be a text or a list of token ids, found 5"],
      [["Hello", null], "options must be an object, found null"],
      [["Hello", {}, null], "the session is another model's"],
      [["Hello", {}, {}], "the session is another model's"],
    ] as const) {
      const expected = { code: "usage", message: expect.stringContaining(message) };
      expect(() => generate(...args)).toThrow(expect.objectContaining(expected));
    }
  });

  it("refuses a prompt longer than the context with both counts", async () => {
    const prompt = new Array<number>(21).fill(1);
    await expect(generated(build().model, prompt)).rejects.toThrow(
      "prompt has 21 tokens, the context holds 20, so 1 is too many",
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

describe("LanguageModel.promptIds", () => {
  it("gives the ids that generate continues", () => {
    const tokenizer = new ByteTokenizer(pieces, { ...special, addBos: true });
    const { model } = build({ tokenizer });
    expect(model.promptIds("Hello world")).toEqual([bos, 1, 2]);
    expect(model.promptIds([3])).toEqual([3]);
    expect(model.promptIds("")).toEqual([bos]);
  });

  it("reads control tokens in a text where they are to count", async () => {
    const { model } = build({ tokenizer: new ByteTokenizer(["<", "e", ">", "<e>"], { endOfTextIds: [3] }) });
    expect(model.promptIds("<e>")).toEqual([0, 1, 2]);
    expect(model.promptIds("<e>", { parseSpecial: true })).toEqual([3]);
    expect(await generated(model, "<e>e", { parseSpecial: true })).toMatchObject({ promptIds: [3, 1] });
    expect(await generated(model, "<e>e")).toMatchObject({ promptIds: [0, 1, 2, 1] });
  });
});

describe("LanguageModel.generate with overflow", () => {
  const options = { overflow: "truncate-left", maxTokens: 3 } as const;
  const prompt = (first: number) => [first, ...new Array<number>(30).fill(1)];

  it("keeps the beginning-of-text token where the tokenizer adds it", async () => {
    const adding = new ByteTokenizer(pieces, { ...special, addBos: true });
    for (const { tokenizer, first, kept } of [
      { tokenizer: adding, first: bos, kept: bos },
      { tokenizer: adding, first: 2, kept: 1 },
      { tokenizer: new ByteTokenizer(pieces, special), first: bos, kept: 1 },
      { tokenizer: undefined, first: bos, kept: 1 },
    ]) {
      const { model, engine } = build({ tokenizer });
      const { droppedTokens, promptIds } = await generated(model, prompt(first), options);
      expect(engine.sessions[0]?.appended[0]).toEqual([kept, ...new Array<number>(17).fill(1)]);
      expect(droppedTokens).toBe(13);
      expect(promptIds).toEqual(prompt(first));
    }
  });
});

describe("LanguageModel.generate on a session", () => {
  it("keeps what the session holds of the prompt, and leaves it open", async () => {
    const { model, engine } = build({ script: [2, 3, end, 2, end] });
    const session = model.createSession();
    expect(await generated(model, "Hello", {}, session)).toMatchObject({ ids: [2, 3], reusedTokens: 0 });
    expect(await generated(model, "Hello world", {}, session)).toMatchObject({ ids: [2], reusedTokens: 1 });
    expect(engine.sessions).toHaveLength(1);
    expect(engine.sessions[0]).toMatchObject({
      closed: false,
      appended: [[1], [2], [3], [2], [2]],
      ids: [1, 2, 2],
    });
  });

  it("refuses two generations at once, and takes the next when one has ended", async () => {
    const { model } = build({ script: [2, 3, 2, 3, 2, 3] });
    const session = model.createSession();
    const first = model.generate("Hello", {}, session);
    await first.next();
    await expect(generated(model, "Hello", {}, session)).rejects.toThrow("a generation runs on the session");
    await first.return({} as never);
    expect(await generated(model, "Hello", { maxTokens: 1 }, session)).toMatchObject({ ids: { length: 1 } });
    await expect(generated(model, new Array<number>(21).fill(1), {}, session)).rejects.toThrow("21 tokens");
    expect(await generated(model, "Hello", { maxTokens: 1 }, session)).toMatchObject({ ids: { length: 1 } });
  });

  it("refuses the session of another model", () => {
    const session: Session = Object.assign(build().model.createSession(), { config: { ...config } });
    expect(() => build().model.generate("Hello", {}, session)).toThrow("the session is another model's");
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
