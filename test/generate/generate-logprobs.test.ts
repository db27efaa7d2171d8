import { describe, expect, it } from "vitest";
import { tokenLogprobs } from "../../src/generate/sampling/logprobs.ts";
import { FakeSource } from "./fake-source.ts";
import { collect, hashed } from "./generation-run.ts";

describe("generate with logprobs", () => {
  const options = { seed: 4, temperature: 1.5, maxTokens: 10 };
  const edits = { repeatPenalty: 3, frequencyPenalty: 1, logitBias: new Map([[2, 5]]) };
  const prompt = [1, 2, 3, 4];
  const scoreOf = (ids: readonly number[], count: number) =>
    tokenLogprobs(Float32Array.from(hashed(ids.slice(0, -1), 0)), ids.at(-1) ?? 0, count);

  it("says how likely each id was, before bias, penalties and temperature", async () => {
    const request = { prompt };
    const wish = { ...options, ...edits, logprobs: 3 };
    const { tokens, ids } = await collect(new FakeSource(hashed), wish, request, 10);
    for (const [i, { logprobs }] of tokens.entries()) {
      expect(logprobs).toEqual(scoreOf([...prompt, ...ids.slice(0, i + 1)], 3));
    }
    expect(ids).toEqual((await collect(new FakeSource(hashed), { ...wish, logprobs: 0 }, request, 10)).ids);
    const { tokens: plain } = await collect(new FakeSource(hashed), { ...options, ...edits }, request, 10);
    expect(plain).toEqual(ids.map((id) => ({ id })));
  });

  it("says how likely the prompt was, at no change of what follows", async () => {
    const plain = await collect(new FakeSource(hashed), options, { prompt }, 10);
    const source = new FakeSource(hashed);
    await source.append(prompt);
    const result = await collect(source, { ...options, promptLogprobs: true }, { prompt }, 10);
    const promptLogprobs = [null, ...[2, 3, 4].map((end) => scoreOf(prompt.slice(0, end), 0))];
    expect(result).toEqual({ ...plain, promptLogprobs });
  });

  it("scores the prompt alone for maxTokens 0", async () => {
    const source = new FakeSource(hashed);
    const wish = { maxTokens: 0, promptLogprobs: true, logprobs: 2 };
    const { promptLogprobs } = await collect(source, wish, { prompt }, 10);
    expect(promptLogprobs?.[3]).toEqual(scoreOf(prompt, 2));
    expect(source.ids).toEqual([1, 2, 3]);
  });

  it("leaves out the score of what was dropped", async () => {
    const wish = { promptLogprobs: true, overflow: "truncate-left", maxTokens: 1 } as const;
    const source = new FakeSource(hashed, 3);
    const { promptLogprobs } = await collect(source, wish, { prompt, keepFirst: true }, 10);
    expect(promptLogprobs).toEqual([null, null, scoreOf([1, 3], 0), scoreOf([1, 3, 4], 0)]);
  });

  it("keeps what it has when it is interrupted", async () => {
    const controller = new AbortController();
    const source = new FakeSource((ids, call) => {
      if (call === 1) controller.abort();
      return hashed(ids, call);
    });
    const long = Array.from({ length: 60 }, (_, i) => i % 10);
    const wish = { promptLogprobs: true, signal: controller.signal };
    const { promptLogprobs = [], finishReason } = await collect(source, wish, { prompt: long }, 10);
    expect(finishReason).toBe("interrupted");
    expect(promptLogprobs).toHaveLength(60);
    expect(promptLogprobs[5]).toEqual(scoreOf(long.slice(0, 6), 0));
    expect(promptLogprobs.at(-1)).toBeNull();
  });
});
