import { describe, expect, it } from "vitest";
import { GptError } from "../../src/errors.ts";
import { generate, type LogitsSource } from "../../src/generate/generate.ts";
import type { GenerateOptions } from "../../src/generate/options.ts";
import { resolveSettings } from "../../src/generate/settings.ts";
import { ScriptedSource } from "./scripted-source.ts";

const script = [1, 2, 3, 4, 0, 1, 2];
const source5 = (contextSize?: number) => new ScriptedSource(script, 5, contextSize);

interface Case {
  readonly prompt?: readonly number[];
  readonly endOfTextIds?: readonly number[];
  readonly accepts?: (id: number) => boolean;
}

async function run(source: LogitsSource, options: GenerateOptions, request: Case = {}) {
  const settings = resolveSettings({ temperature: 0, ...options }, 5);
  const generation = generate(source, { prompt: [0], endOfTextIds: [], settings, ...request });
  const ids: number[] = [];
  for (;;) {
    const { value, done } = await generation.next();
    if (done) return { ids, reason: value };
    ids.push(value);
  }
}

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
    const refused = run(source, {}, { prompt: [0, 1, 2, 3, 4] });
    await expect(refused).rejects.toThrow("the prompt has 5 tokens, the context holds 4: shorten");
    await expect(refused).rejects.toMatchObject({ code: "resource" });
    expect(source.appended).toEqual([]);
  });

  it("counts the positions that are taken already", async () => {
    const source = source5(6);
    await source.append([0, 1, 2]);
    expect(await run(source, {}, { prompt: [3] })).toEqual({ ids: [2, 3, 4], reason: "context" });
    await expect(run(source, {}, { prompt: [2] })).rejects.toThrow("holds 6, and 6 of them are taken");
  });

  it("refuses an empty prompt", async () => {
    await expect(run(source5(), {}, { prompt: [] })).rejects.toThrow(GptError);
  });

  it("takes the next best id where one is refused", async () => {
    const accepts = (id: number) => id !== 2;
    expect(await run(source5(), { maxTokens: 4 }, { accepts })).toMatchObject({
      ids: [1, 3, 3, 4],
    });
  });

  it("ends with an end-of-text id that would be refused", async () => {
    const request = { endOfTextIds: [2], accepts: () => false };
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

describe("generate with a signal", () => {
  it("yields nothing where it is aborted before", async () => {
    const source = source5();
    const signal = AbortSignal.abort();
    expect(await run(source, { signal })).toEqual({ ids: [], reason: "interrupted" });
    expect(source.appended).toEqual([]);
  });

  it("keeps what there is where it is aborted between tokens, for whatever reason", async () => {
    for (const reason of [undefined, new Error("enough"), "enough"]) {
      const controller = new AbortController();
      const settings = resolveSettings({ temperature: 0, signal: controller.signal }, 5);
      const generation = generate(source5(), { prompt: [0], endOfTextIds: [], settings });
      expect(await generation.next()).toEqual({ value: 1, done: false });
      controller.abort(reason);
      expect(await generation.next()).toEqual({ value: "interrupted", done: true });
    }
  });

  it("lets other errors through, even once it is aborted", async () => {
    const controller = new AbortController();
    const source: LogitsSource = {
      length: 0,
      contextSize: 10,
      append: async () => {
        controller.abort();
        throw new TypeError("a bug");
      },
    };
    await expect(run(source, { signal: controller.signal })).rejects.toThrow("a bug");
  });
});
