import { describe, expect, it } from "vitest";
import { GptError } from "../../src/errors.ts";
import { LanguageModel } from "../../src/library/language-model.ts";
import type { Session } from "../../src/text/text-model.ts";
import type { Tokenizer } from "../../src/tokenizer/tokenizer.ts";
import {
  build,
  config,
  end,
  generated,
  nameless,
  otherEnd,
  pieces,
  ScriptedEngine,
  ScriptedSession,
  special,
} from "../scripted-engine.ts";
import { ByteTokenizer } from "../text/byte-tokenizer.ts";

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

  it("closes its session at the end, on an error, and when it is left early", async () => {
    const { model, engine } = build();
    await generated(model, "Hello");
    await generated(model, new Array<number>(21).fill(1)).catch(() => {});
    for await (const { text } of model.generate("Hello")) if (text !== "") break;
    expect(engine.sessions.map(({ closed }) => closed)).toEqual([true, true, true]);
  });

  it("makes no session before the iteration begins", () => {
    const { model, engine } = build();
    model.generate("Hello");
    expect(engine.sessions).toEqual([]);
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
