import { setTimeout } from "node:timers/promises";
import { describe, expect, it, vi } from "vitest";
import { Limit } from "../../src/generate/limit.ts";

const none = { maxTime: undefined, signal: undefined };

/** Work that goes on until its signal ends it. */
const forever = (signal: AbortSignal | undefined) =>
  new Promise<never>((_, reject) => {
    if (signal?.aborted) reject(signal.reason);
    signal?.addEventListener("abort", () => reject(signal.reason));
  });

describe("Limit", () => {
  it("runs work, and hands on the caller's signal", async () => {
    const { signal } = new AbortController();
    expect(await new Limit({ ...none, signal }).run(async (seen) => seen)).toBe(signal);
    expect(await new Limit({ maxTime: 100, signal }).run(async () => 5)).toBe(5);
  });

  it("ends work when the time is over", async () => {
    const limit = new Limit({ ...none, maxTime: 0.02 });
    const start = performance.now();
    const error = await limit.run(forever).catch((error: unknown) => error);
    expect(limit.reasonOf(error)).toBe("time");
    expect(performance.now() - start).toBeGreaterThan(15);
  });

  it("begins no work once the time is over", async () => {
    const limit = new Limit({ ...none, maxTime: 0.001 });
    await setTimeout(5);
    const work = vi.fn();
    const error = await limit.run(work).catch((error: unknown) => error);
    expect(limit.reasonOf(error)).toBe("time");
    expect(work).not.toHaveBeenCalled();
  });

  it.each([undefined, 100])(
    "ends work when the caller's signal is aborted, with maxTime %s",
    async (maxTime) => {
      for (const reason of [undefined, "enough", new TypeError("enough")]) {
        const controller = new AbortController();
        const limit = new Limit({ maxTime, signal: controller.signal });
        const running = limit.run(forever).catch((error: unknown) => error);
        controller.abort(reason);
        expect(limit.reasonOf(await running)).toBe("interrupted");
        expect(limit.reasonOf(await limit.run(forever).catch((error: unknown) => error))).toBe("interrupted");
      }
    },
  );

  it("knows errors that have other reasons", async () => {
    const controller = new AbortController();
    const limit = new Limit({ maxTime: 100, signal: controller.signal });
    const abort = new DOMException("of another signal", "AbortError");
    expect(limit.reasonOf(abort)).toBeUndefined();
    controller.abort();
    expect(limit.reasonOf(abort)).toBe("interrupted");
    expect(limit.reasonOf(new Error("a bug"))).toBeUndefined();
  });

  it("leaves no timer and no listener behind", async () => {
    const { signal } = new AbortController();
    const added = vi.spyOn(signal, "addEventListener");
    const removed = vi.spyOn(signal, "removeEventListener");
    const cleared = vi.spyOn(globalThis, "clearTimeout");
    const limit = new Limit({ maxTime: 1000, signal });
    await limit.run(async () => 1);
    await limit.run(async () => Promise.reject(new Error("no"))).catch(() => {});
    expect(added).toHaveBeenCalledTimes(2);
    expect(removed.mock.calls).toEqual(added.mock.calls);
    expect(cleared).toHaveBeenCalledTimes(2);
    vi.restoreAllMocks();
  });
});
