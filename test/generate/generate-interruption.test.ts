import { setTimeout } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { anything } from "../../src/generate/cursor.ts";
import { generate } from "../../src/generate/generate.ts";
import { run, source5 } from "./generation-run.ts";
import { resolveSettings } from "./resolve-settings.ts";

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
      const generation = generate(source5(), { prompt: [0], endOfTextIds: [], cursor: anything, settings });
      expect(await generation.next()).toEqual({ value: { id: 1 }, done: false });
      controller.abort(reason);
      const end = { value: { finishReason: "interrupted" }, done: true };
      expect(await generation.next()).toMatchObject(end);
    }
  });

  it("lets other errors through, even once it is aborted", async () => {
    const controller = new AbortController();
    const source = source5();
    source.append = async () => {
      controller.abort();
      throw new TypeError("a bug");
    };
    await expect(run(source, { signal: controller.signal })).rejects.toThrow("a bug");
  });
});

describe("generate with a time limit", () => {
  it("keeps the text so far", async () => {
    const source = source5();
    const append = source.append.bind(source);
    source.append = async (...parameters) => {
      if (source.appended.length === 3) await setTimeout(60);
      return append(...parameters);
    };
    const { ids, reason } = await run(source, { maxTime: 0.04 });
    expect({ ids, reason }).toEqual({ ids: [1, 2, 3], reason: "time" });
  });

  it("leaves a prompt that takes long", async () => {
    const source = source5();
    source.append = (_ids, { signal } = {}) =>
      new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason)));
    expect(await run(source, { maxTime: 0.02 })).toEqual({ ids: [], reason: "time" });
    expect(await run(source, { maxTime: 0.02, promptLogprobs: true }, { prompt: [1, 2] })).toMatchObject({
      reason: "time",
    });
  });

  it("says interrupted where both are over", async () => {
    const options = { maxTime: 100, signal: AbortSignal.abort() };
    expect(await run(source5(), options)).toMatchObject({ reason: "interrupted" });
  });
});
