import { expect, it } from "vitest";
import { duration } from "../../../../src/cli/flags/values/duration.ts";

it("reads units, and seconds without one", () => {
  expect(["30s", "500ms", "2m", "1h", "1.5", ".5s", "10.", "1m30s", "1h1.5m2s250ms"].map(duration)).toEqual([
    30, 0.5, 120, 3600, 1.5, 0.5, 10, 90, 3692.25,
  ]);
});

it("refuses what is no time", () => {
  for (const text of [
    "",
    "s",
    "-1s",
    "1d",
    "1 h 2 m",
    "1e3",
    "0x10",
    "Infinity",
    "30 seconds",
    "1m 30s",
    "5s!",
  ]) {
    expect(() => duration(text)).toThrow(`expected a time such as 30s, 500ms, 1m30s or 1h, found "${text}"`);
  }
});
