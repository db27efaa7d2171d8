import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type GenerateOptions, type LanguageModel, loadModel } from "../../src/index.ts";
import { describeWithShared, shared } from "../shared.ts";

async function write(
  model: LanguageModel,
  prompt: string | readonly number[],
  options: GenerateOptions = {},
) {
  const ids: number[] = [];
  let text = "";
  const generation = model.generate(prompt, options);
  for (;;) {
    const { value, done } = await generation.next();
    if (done) return { text, ids, ...value };
    ids.push(value.id);
    text += value.text;
  }
}

describeWithShared("a GPT-2 with a byte-level tokenizer", () => {
  let model: LanguageModel;
  beforeAll(async () => {
    model = await loadModel(shared("models/stories-gpt2"), { simd: "plain" });
  });
  afterAll(() => model.close());

  it("continues a text, and its tokens spell what it wrote", async () => {
    const { text, ids, promptIds } = await write(model, "Once upon a time", { seed: 1, maxTokens: 40 });
    expect(promptIds).toEqual(model.tokenizer.encode("Once upon a time"));
    expect(text.length).toBeGreaterThan(40);
    expect(model.tokenizer.decode([...promptIds, ...ids])).toBe(`Once upon a time${text}`);
  });

  it("writes the same for the same seed, and something else for another", async () => {
    const first = await write(model, "One day", { seed: 5, maxTokens: 30 });
    const { text } = await write(model, "One day", { seed: 5, maxTokens: 30 });
    expect(text).toBe(first.text);
    expect((await write(model, "One day", { seed: 6, maxTokens: 30 })).text).not.toBe(first.text);
  });

  it("ends before a stop text, and writes no banned one", async () => {
    const greedy = { temperature: 0, maxTokens: 60 };
    const { text } = await write(model, "Once upon a time", greedy);
    const stop = text.slice(25, 32);
    const stopped = await write(model, "Once upon a time", { ...greedy, stop: [stop] });
    expect(stopped).toMatchObject({ text: text.slice(0, text.indexOf(stop)), finishReason: "stop" });
    const banned = await write(model, "Once upon a time", { ...greedy, ban: [stop] });
    expect(banned.text).not.toContain(stop);
    expect(banned.text.slice(0, 20)).toBe(text.slice(0, 20));
  });

  it("finds a likelier text with beams, and scores it as the model does", async () => {
    const maxTokens = 20;
    const score = async (options: GenerateOptions) => {
      const { promptIds, ids, ...rest } = await write(model, "Once upon a time", { maxTokens, ...options });
      const { promptLogprobs = [] } = await write(model, [...promptIds, ...ids], {
        maxTokens: 0,
        promptLogprobs: true,
      });
      const logprobs = promptLogprobs.slice(promptIds.length).map((token) => token?.logprob ?? Number.NaN);
      return { ...rest, ids, mean: logprobs.reduce((sum, logprob) => sum + logprob, 0) / ids.length };
    };
    const greedy = await score({ temperature: 0 });
    const searched = await score({ beams: 4 });
    expect(searched.ids).toHaveLength(maxTokens);
    expect(searched.score).toBeCloseTo(searched.mean, 9);
    expect(searched.mean).toBeGreaterThan(greedy.mean);
  });

  it("stops and bans with beams, and leaves a given session with the prompt", async () => {
    const session = model.createSession();
    const options = { beams: 3, maxTokens: 30, stop: ["."], ban: ["Lily"] };
    const prompt = "Once upon a time";
    const alone = await write(model, prompt, options);
    const generation = model.generate(prompt, options, session);
    let text = "";
    for await (const token of generation) text += token.text;
    expect(alone).toMatchObject({ text, finishReason: "stop" });
    expect(text).not.toMatch(/\.|Lily/);
    expect(session.ids).toEqual(model.promptIds(prompt));
    await session.close();
  });

  it("begins a text from nothing", async () => {
    expect(await write(model, "", { maxTokens: 1, seed: 1 })).toMatchObject({ promptIds: [0] });
  });

  it("hears a signal while it writes: the tokens so far come out, then its reason", async () => {
    for (const reason of [undefined, new Error("enough"), "enough"]) {
      const controller = new AbortController();
      const { signal } = controller;
      const ids: number[] = [];
      const iterate = async () => {
        const options = { signal, maxTokens: 250, logitBias: new Map([[0, -Infinity]]) };
        for await (const { id } of model.generate("Once upon a time", options)) {
          if (ids.push(id) === 5) controller.abort(reason);
        }
      };
      const caught = await iterate().catch((error: unknown) => error);
      expect(caught).toBe(signal.reason);
      expect(ids.length).toBeGreaterThanOrEqual(5);
      if (reason === undefined) expect(signal.reason).toMatchObject({ name: "AbortError" });
    }
  });

  it("generates interruptibly: a signal is one of the ways to end", async () => {
    const signal = AbortSignal.abort();
    const { value } = await model.generateInterruptibly("Once", { signal }).next();
    expect(value).toMatchObject({ finishReason: "interrupted", promptTokens: 0 });
  });
});

describeWithShared("a GGUF file with a SentencePiece vocabulary", () => {
  it("continues a text as another implementation does, greedily", async () => {
    const expected: unknown = JSON.parse(readFileSync(shared("models/stories260k.expected.json"), "utf8"));
    await using model = await loadModel(shared("models/stories260k.gguf"), { simd: "plain" });
    for (const [prompt, whole] of Object.entries(expected as Record<string, string>)) {
      const { text, promptIds } = await write(model, prompt, { temperature: 0, maxTokens: 120 });
      expect(promptIds[0]).toBe(model.tokenizer.bosId);
      const said = `${prompt}${text}`;
      expect(said.length).toBeGreaterThan(prompt.length + 100);
      expect(whole.startsWith(said) || said.startsWith(whole.trimEnd())).toBe(true);
    }
  });
});

describeWithShared("a checkpoint without tokenizer files", () => {
  it("continues ids", async () => {
    await using model = await loadModel(shared("models/tiny-random-gpt2"), { simd: "plain" });
    expect(model.hasTokenizer).toBe(false);
    const { ids, text } = await write(model, [0, 0, 0, 52], { temperature: 0, maxTokens: 6 });
    expect(ids).toEqual([204, 204, 204, 204, 204, 204]);
    expect(text).toBe("");
  });
});

it("loadModel refuses options that do not exist", async () => {
  const options: object = { ctxSize: 5 };
  await expect(loadModel(undefined, options)).rejects.toThrow("there is no option 'ctxSize'");
});

it("loadModel takes a name or a path as text", async () => {
  const load = loadModel as (...args: unknown[]) => Promise<unknown>;
  for (const path of [new URL("file:///model"), null, 5]) {
    await expect(load(path)).rejects.toMatchObject({
      code: "usage",
      message: expect.stringContaining("the name or path of a model must be a text, found"),
    });
  }
  await expect(load(undefined, null)).rejects.toThrow("options must be an object, found null");
});

it("loadModel says what is wrong with a path", async () => {
  await expect(loadModel("/no/such/model")).rejects.toThrow('no model "/no/such/model"');
});
