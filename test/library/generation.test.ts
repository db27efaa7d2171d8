/** Generation with random weights: what must not change a text does not, and memory is given back. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { Runtime } from "../../src/compute/runtime.ts";
import { type GenerateOptions, type LanguageModel, loadModel, type Session } from "../../src/index.ts";
import { writeRandomDirectory } from "../fixtures/random-checkpoint.ts";
import { gpt2 } from "../fixtures/stored-config.ts";
import { temporaryFolder } from "../fixtures/temporary.ts";

const file = temporaryFolder();
const CONTEXT = 128;
const vocabSize = 300;
const prompt = Array.from({ length: 70 }, (_, i) => (i * 11) % vocabSize);
const sampling = { temperature: 3, topK: 0, topP: 1, minP: 0, seed: 9, maxTokens: 40 };
const greedy = { temperature: 0, maxTokens: 100 };

const { memory } = Runtime.get("plain");
let model: LanguageModel;
let allocated: number;

async function generated(prompt: readonly number[], options: GenerateOptions, session?: Session) {
  const generation = model.generate(prompt, options, session);
  const tokens = [];
  for (;;) {
    const { value, done } = await generation.next();
    if (done) {
      const ids = tokens.map(({ id }) => id);
      return { ...value, ids, logprobs: tokens.map(({ logprobs }) => logprobs) };
    }
    tokens.push(value);
  }
}

beforeAll(async () => {
  writeRandomDirectory(file("model"), { ...gpt2, vocabSize, nPositions: 2048, tiedHead: false });
  model = await loadModel(file("model"), { simd: "plain", threads: 2, contextSize: CONTEXT });
  await generated(prompt, { ...sampling, promptLogprobs: true });
  allocated = memory.allocated;
});
afterEach(() => expect(memory.allocated).toBe(allocated));
afterAll(() => model.close());

describe("the same seed gives the same text", () => {
  it("with a session, whatever it holds, and with log-probabilities", async () => {
    const plain = await generated(prompt, sampling);
    expect(new Set(plain.ids).size).toBeGreaterThan(10);
    const { logprobs } = await generated(prompt, { ...sampling, logprobs: 3 });
    const session = model.createSession();
    for (const held of [[], prompt.slice(0, 50), prompt, [...prompt.slice(0, 20), 5], [...prompt, 5, 6]]) {
      session.truncate(0);
      if (held.length > 0) await session.append(held);
      const again = await generated(prompt, { ...sampling, logprobs: 3 }, session);
      expect(again.ids).toEqual(plain.ids);
      expect(again.logprobs).toEqual(logprobs);
      expect(session.ids).toEqual([...prompt, ...plain.ids.slice(0, -1)]);
    }
    await session.close();
    expect((await generated(prompt, { ...sampling, promptLogprobs: true })).ids).toEqual(plain.ids);
  });

  it("on a fork, while the session goes on with another", async () => {
    const session = model.createSession();
    await session.append(prompt);
    const fork = session.fork();
    const other = { ...sampling, seed: 10 };
    const results = await Promise.all([generated(prompt, sampling, session), generated(prompt, other, fork)]);
    const alone = [await generated(prompt, sampling), await generated(prompt, other)];
    expect(results.map(({ ids }) => ids)).toEqual(alone.map(({ ids }) => ids));
    expect(alone[0]?.ids).not.toEqual(alone[1]?.ids);
    await Promise.all([session.close(), fork.close()]);
  });
});

describe("generations at the same time", () => {
  it("give what each gives alone, beside beam searches and guesses", async () => {
    const requests: [prompt: number[], options: GenerateOptions][] = Array.from({ length: 9 }, (_, i) => [
      prompt.slice(0, 7 * i + 1),
      { ...sampling, seed: i, maxTokens: 10 + i },
    ]);
    requests.push([prompt.slice(0, 9), { beams: 3, maxTokens: 8 }], [prompt, { ...greedy, lookup: 4 }]);
    const together = await Promise.all(requests.map(([ids, options]) => generated(ids, options)));
    for (const [i, [ids, options]] of requests.entries()) {
      expect(together[i]?.ids).toEqual((await generated(ids, options)).ids);
    }
  });

  it("end alone where one is interrupted or fails", async () => {
    const alone = await generated(prompt, sampling);
    const interruption = new AbortController();
    const interrupted = generated(prompt, { ...sampling, signal: interruption.signal, maxTokens: 1000 });
    const caught = interrupted.catch((error: unknown) => error);
    const tooLong = generated([...prompt, ...prompt], sampling).catch((error: Error) => error.message);
    const running = generated(prompt, sampling);
    setTimeout(() => interruption.abort(), 5);
    expect((await running).ids).toEqual(alone.ids);
    expect(await caught).toBe(interruption.signal.reason);
    expect(await tooLong).toContain("140 tokens");
  });
});

describe("speculation", () => {
  it("with a draft model and by lookup gives the same text, bit for bit", async () => {
    writeRandomDirectory(file("draft"), { ...gpt2, vocabSize, nLayer: 1, nPositions: 100 });
    const before = memory.allocated;
    const draft = await loadModel(file("draft"), { simd: "plain", threads: 1 });
    for (const options of [
      sampling,
      { ...greedy, seed: 1 },
      { ...greedy, seed: 1, overflow: "shift" } as const,
    ]) {
      const plain = await generated(prompt, { ...options, logprobs: 2, promptLogprobs: true });
      for (const guesses of [{ lookup: 5 }, { draft }, { draft: model, draftMax: 7 }] as GenerateOptions[]) {
        const session = model.createSession();
        const asked = { ...options, ...guesses, logprobs: 2, promptLogprobs: true };
        const { draftedTokens, acceptedTokens = 0, ...guessed } = await generated(prompt, asked, session);
        expect(guessed).toEqual({ ...plain, promptMs: expect.any(Number), generatedMs: expect.any(Number) });
        expect(draftedTokens).toBeGreaterThanOrEqual(acceptedTokens);
        if (guesses.draftMax !== undefined && options.temperature === 0)
          expect(acceptedTokens).toBeGreaterThan(40);
        await session.close();
      }
    }
    await draft.close();
    expect(memory.allocated).toBe(before);
  });
});

describe("log-probabilities", () => {
  it("are the same, bit for bit, of a text that is generated and of one that is given", async () => {
    const { ids, logprobs } = await generated(prompt, { ...sampling, logprobs: 2 });
    const options = { maxTokens: 0, logprobs: 2, promptLogprobs: true };
    const { promptLogprobs } = await generated([...prompt, ...ids], options);
    expect(promptLogprobs?.slice(prompt.length)).toEqual(logprobs);
    expect(promptLogprobs).toHaveLength(110);
    expect(promptLogprobs?.[0]).toBeNull();
  });

  it("are those of probabilities that add up to one", async () => {
    const session = model.createSession();
    const logits = await session.append([1, 2, 3]);
    await session.close();
    const { logprobs } = await generated([1, 2, 3], { ...sampling, maxTokens: 1, logprobs: 20 });
    const likeliest = logits.indexOf(logits.reduce((a, b) => Math.max(a, b)));
    expect(logprobs[0]?.top[0]?.id).toBe(likeliest);
    const total = logprobs[0]?.top.reduce((sum, { logprob }) => sum + Math.exp(logprob), 0) ?? 0;
    const weights = [...logits].map((logit) => Math.exp(logit)).sort((a, b) => b - a);
    const sum = (values: number[]) => values.reduce((a, b) => a + b);
    expect(total).toBeCloseTo(sum(weights.slice(0, 20)) / sum(weights), 10);
  });
});

describe("a context that fills up", () => {
  it("ends the text, or goes on with the younger half as if it were the whole", async () => {
    const whole = await generated(prompt, greedy);
    expect(whole).toMatchObject({ finishReason: "context", ids: { length: CONTEXT - 70 + 1 } });
    expect(new Set(whole.ids).size).toBeGreaterThan(10);
    const shifted = await generated(prompt, { ...greedy, overflow: "shift" });
    expect(shifted).toMatchObject({ finishReason: "length", ids: { length: 100 }, droppedTokens: 65 });
    expect(shifted.ids.slice(0, 59)).toEqual(whole.ids);
    const rest = await generated([...prompt, ...whole.ids].slice(65), greedy);
    expect(shifted.ids.slice(59)).toEqual(rest.ids.slice(0, 41));
  });

  it("takes the end of a prompt that is too long", async () => {
    const long = [...prompt, ...prompt];
    await expect(generated(long, greedy)).rejects.toThrow(
      "140 tokens, the context holds 128, so 12 are too many",
    );
    const cut = await generated(long, { ...greedy, maxTokens: 29, overflow: "truncate-left" });
    expect(cut).toMatchObject({ finishReason: "length", droppedTokens: 40, promptIds: long });
    expect(cut.ids).toEqual((await generated(long.slice(40), { ...greedy, maxTokens: 29 })).ids);
  });
});

describe("maxTime", () => {
  it("ends a long prompt, and a session is of use afterwards", async () => {
    const long = await loadModel(file("model"), { simd: "plain", threads: 1, contextSize: 2048 });
    const session = long.createSession();
    const generation = long.generate(new Array<number>(2000).fill(1), { maxTime: 0.02 }, session);
    expect((await generation.next()).value).toMatchObject({
      finishReason: "time",
      promptMs: expect.any(Number),
    });
    expect(session.ids).toEqual([]);
    await session.append([1, 2]);
    await long.close();
  });
});
