import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Pace, progressLine, startProgress } from "../../../src/cli/terminal/progress.ts";

describe("progressLine", () => {
  it("says how many are done, how fast, and how long the rest takes", () => {
    expect(progressLine("prompts", { done: 120, rate: 4.2083 }, 1000)).toBe(
      "prompts 120/1,000 · 4.21/s · 3m 29s left",
    );
    expect(progressLine("prompts", { done: 120, rate: 4 })).toBe("prompts 120 · 4/s");
    expect(progressLine("prompts", { done: 0, rate: undefined }, 10)).toBe("prompts 0/10");
    expect(progressLine("prompts", { done: 12, rate: 1 }, 10)).toBe("prompts 12/10 · 1/s · 0s left");
    expect(progressLine("prompts", { done: 1, rate: 0 }, 10)).toBe("prompts 1/10 · 0/s");
  });
});

describe("Pace", () => {
  it("counts from what was done at first", () => {
    const pace = new Pace();
    expect([pace.done, pace.rate]).toEqual([0, undefined]);
    pace.advance(500, 1000);
    expect([pace.done, pace.rate]).toEqual([500, undefined]);
    pace.advance(510, 3000);
    expect([pace.done, pace.rate]).toEqual([510, 5]);
  });
});

describe("startProgress", () => {
  let lines: string[];
  beforeEach(() => {
    lines = [];
    vi.useFakeTimers();
    vi.stubEnv("CI", "1"); // no line is redrawn, wherever the tests run
    vi.spyOn(process.stderr, "write").mockImplementation((line) => {
      lines.push(String(line));
      return true;
    });
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllEnvs();
    vi.restoreAllMocks();
  });

  it("writes a line every ten seconds where nobody watches, and none after its end", () => {
    const progress = startProgress(30, "prompts", false);
    progress.advance(1);
    vi.advanceTimersByTime(9_000);
    expect(lines).toEqual([]);
    progress.advance(10);
    vi.advanceTimersByTime(1_000);
    expect(lines).toEqual(["prompts 10/30 · 1/s · 20s left\n"]);
    vi.advanceTimersByTime(10_000);
    expect(lines).toHaveLength(2);
    progress.stop();
    vi.advanceTimersByTime(60_000);
    expect(lines).toHaveLength(2);
  });

  it("says nothing where it is to be quiet", () => {
    using progress = startProgress(undefined, "prompts", true);
    progress.advance(1);
    vi.advanceTimersByTime(60_000);
    expect(lines).toEqual([]);
  });
});
