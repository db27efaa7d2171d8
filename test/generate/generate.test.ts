import { describe, expect, it } from "vitest";
import { GptError } from "../../src/errors.ts";
import { FakeSource } from "./fake-source.ts";
import { collect, cursorOf, hashed, run, source5 } from "./generation-run.ts";
import { ScriptedSource } from "./scripted-source.ts";

describe("generate", () => {
  it("yields what follows and stops at maxTokens, without running the last token", async () => {
    const source = source5();
    expect(await run(source, { maxTokens: 3 })).toEqual({ ids: [1, 2, 3], reason: "length" });
    expect(source.appended).toEqual([[0], [1], [2]]);
  });

  it("runs a prompt at once", async () => {
    const source = source5();
    await run(source, { maxTokens: 1 }, { prompt: [3, 4, 0] });
    expect(source.appended).toEqual([[3, 4, 0]]);
  });

  it("runs nothing for maxTokens 0", async () => {
    const source = source5();
    expect(await run(source, { maxTokens: 0 })).toEqual({ ids: [], reason: "length" });
    expect(source.appended).toEqual([]);
  });

  it("ends with any of the end-of-text ids, which it keeps to itself", async () => {
    const source = source5();
    expect(await run(source, {}, { endOfTextIds: [4, 3] })).toEqual({ ids: [1, 2], reason: "eos" });
    expect(await run(source5(), {}, { endOfTextIds: [1] })).toEqual({ ids: [], reason: "eos" });
  });

  it("does not take an end-of-text id in the prompt for an end", async () => {
    const { ids } = await run(source5(), { maxTokens: 2 }, { prompt: [4], endOfTextIds: [4] });
    expect(ids).toEqual([1, 2]);
  });

  it("ends when the context is full; the last token needs no place in it", async () => {
    const source = source5(3);
    expect(await run(source, {})).toEqual({ ids: [1, 2, 3], reason: "context" });
    expect(source.length).toBe(3);
  });

  it("says length where the context is full and maxTokens is reached at once", async () => {
    expect(await run(source5(3), { maxTokens: 3 })).toMatchObject({ reason: "length" });
  });

  it("continues a prompt of exactly the context's length by one token", async () => {
    const source = source5(4);
    expect(await run(source, {}, { prompt: [0, 1, 2, 3] })).toEqual({ ids: [1], reason: "context" });
  });

  it("refuses a longer prompt with both counts, before it runs anything", async () => {
    const source = source5(4);
    const refused = run(source, {}, { prompt: [0, 1, 2, 3, 4, 0] });
    await expect(refused).rejects.toThrow("the prompt has 6 tokens, the context holds 4, so 2 are too many:");
    await expect(refused).rejects.toThrow("set overflow to truncate-left");
    await expect(refused).rejects.toMatchObject({ code: "resource" });
    expect(source.appended).toEqual([]);
  });

  it("ends after the id that completes the text", async () => {
    const source = source5();
    expect(await run(source, {}, { cursor: cursorOf([], [2]) })).toEqual({ ids: [1, 2], reason: "stop" });
    expect(source.appended).toEqual([[0], [1]]);
    expect(await run(source5(), { maxTokens: 2 }, { cursor: cursorOf([], [2]) })).toMatchObject({
      reason: "stop",
    });
  });

  it("refuses an empty prompt", async () => {
    await expect(run(source5(), {}, { prompt: [] })).rejects.toThrow(GptError);
  });

  it("takes the next best id where one is refused", async () => {
    expect(await run(source5(), { maxTokens: 4 }, { cursor: cursorOf([2]) })).toMatchObject({
      ids: [1, 3, 3, 4],
    });
  });

  it("ends with an end-of-text id that would be refused", async () => {
    const request = { endOfTextIds: [2], cursor: cursorOf([0, 1, 2, 3, 4]) };
    expect(await run(new ScriptedSource([2], 5), {}, request)).toEqual({ ids: [], reason: "eos" });
  });

  it("shows the sampler the prompt and everything generated", async () => {
    const source = new ScriptedSource([1, 1, 1], 5);
    const options = { maxTokens: 3, noRepeatNgramSize: 1 };
    expect(await run(source, options, { prompt: [1, 2] })).toMatchObject({ ids: [3, 4, 0] });
  });

  it("draws the same ids for the same seed, and others for another", async () => {
    const draw = (seed: number) => run(source5(), { maxTokens: 40, temperature: 3, topP: 1, minP: 0, seed });
    expect(await draw(5)).toEqual(await draw(5));
    expect(await draw(5)).not.toEqual(await draw(6));
  });
});

describe("generate on a source that holds ids", () => {
  const options = { maxTokens: 12, temperature: 2, seed: 3 };
  const prompt = [5, 3, 8, 1];

  it.each([[[]], [[5, 3]], [prompt], [[...prompt, 2, 2]], [[5, 9]], [[1, 2, 3]]])(
    "gives the same as on an empty one, where it holds %j",
    async (held) => {
      const expected = await collect(new FakeSource(hashed), options, { prompt }, 10);
      const source = new FakeSource(hashed);
      if (held.length > 0) await source.append(held);
      const result = await collect(source, options, { prompt }, 10);
      expect(result.ids).toEqual(expected.ids);
      expect(source.ids).toEqual([...prompt, ...expected.ids.slice(0, -1)]);
    },
  );

  it("says how many ids of the prompt it did not run again", async () => {
    const source = new FakeSource(hashed);
    await source.append(prompt);
    expect(await collect(source, options, { prompt: [5, 3, 0] }, 10)).toMatchObject({ reusedTokens: 2 });
  });

  it("leaves it alone for maxTokens 0", async () => {
    const source = new FakeSource(hashed);
    await source.append([1, 2]);
    await collect(source, { maxTokens: 0 }, { prompt }, 10);
    expect(source.ids).toEqual([1, 2]);
  });
});

describe("generate with overflow", () => {
  const prompt = Array.from({ length: 30 }, (_, i) => i % 10);

  it("truncates to the left what a context of the end alone would continue", async () => {
    const options = { overflow: "truncate-left", maxTokens: 50, seed: 1 } as const;
    const short = await collect(new FakeSource(hashed, 16), options, { prompt: prompt.slice(-8) }, 10);
    const result = await collect(new FakeSource(hashed, 16), options, { prompt }, 10);
    expect(result).toEqual({ ...short, droppedTokens: 22 });
    expect(result).toMatchObject({ finishReason: "context", ids: { length: 9 } });
  });

  it("shifts as often as it takes: each id comes from the ids that are left", async () => {
    const options = { overflow: "shift", maxTokens: 40 } as const;
    const { ids, finishReason, droppedTokens } = await collect(
      new FakeSource(hashed, 8),
      options,
      { prompt: [7, 7, 7], keepFirst: true },
      10,
    );
    let seen = [7, 7, 7];
    for (const id of ids) {
      if (seen.length > 8) seen = [7, ...seen.slice(-3)];
      const logits = Array.from(hashed(seen, 0));
      expect(id).toBe(logits.indexOf(Math.max(...logits)));
      seen.push(id);
    }
    expect({ count: ids.length, finishReason }).toEqual({ count: 40, finishReason: "length" });
    expect(droppedTokens).toBe(3 + 40 - seen.length);
  });

  it("shows the sampler what was dropped, too", async () => {
    const options = { overflow: "shift", maxTokens: 9, noRepeatNgramSize: 1 } as const;
    const { ids } = await collect(new FakeSource(hashed, 2), options, { prompt: [3] }, 10);
    expect(new Set([3, ...ids]).size).toBe(10);
  });
});
