import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { sayShare } from "../../../../src/cli/verbs/generate/say-share.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it("says the share of a prompt until it is stopped", () => {
  const said: string[] = [];
  const shares = [0, 0.125, 0.999, 1, 1];
  const share = sayShare({ say: (text) => said.push(text) }, "reading", () => shares.shift() ?? 1);
  vi.advanceTimersByTime(1000);
  expect(said).toEqual(["reading, 12%", "reading, 99%", "reading, 100%"]);
  share.stop();
  vi.advanceTimersByTime(1000);
  expect(said).toHaveLength(3);
});
