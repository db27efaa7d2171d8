import { expect, it } from "vitest";
import {
  approximately,
  bytes,
  duration,
  pairs,
  perSecond,
  thousands,
  wrapped,
} from "../../../src/cli/terminal/format.ts";

it("separates thousands", () => {
  expect([0, 999, 1000, 174604259328].map(thousands)).toEqual(["0", "999", "1,000", "174,604,259,328"]);
  expect([-1234, 10000.5, 0.12345].map(thousands)).toEqual(["-1,234", "10,000.5", "0.12345"]);
});

it("rounds large counts to three digits", () => {
  expect([999, 260032, 124439808, 174604259328].map(approximately)).toEqual(["999", "260K", "124M", "175B"]);
});

it("gives bytes a unit", () => {
  const expected = ["0 bytes", "999 bytes", "1.00 kB", "13.4 MB", "698 GB", "1.00 TB"];
  expect([0, 999, 1000, 13_400_000, 698_417_037_312, 1e12].map(bytes)).toEqual(expected);
});

it("puts names and facts in two columns", () => {
  expect(
    pairs([
      ["layers", "6"],
      ["width", "192"],
    ]),
  ).toBe("layers  6\nwidth   192\n");
});

it("breaks long facts at spaces, beside their names", () => {
  expect(
    pairs(
      [
        ["a", "one two three four five six"],
        ["bb", "x"],
      ],
      24,
    ),
  ).toBe("a   one two three four\n    five six\nbb  x\n");
  expect(wrapped("  1. the first", 8)).toEqual(["  1. the", "first"]);
  expect(wrapped("indivisible", 4)).toEqual(["indivisible"]);
  expect(wrapped("", 4)).toEqual([""]);
});

it("gives a rate where something was measured", () => {
  expect(perSecond(512, 1000)).toBe("512");
  expect(perSecond(1, 97.3)).toBe("10.3");
  expect(perSecond(5000, 1234)).toBe("4,050");
  expect([perSecond(0, 10), perSecond(10, 0)]).toEqual(["-", "-"]);
});

it("gives a duration its two largest units", () => {
  const expected = ["0s", "10s", "59s", "1m 00s", "2m 05s", "1h 00m", "2h 05m", "1,000h 00m"];
  expect([0, 9.6, 59.4, 59.6, 125, 3600, 7500, 3_600_000].map(duration)).toEqual(expected);
});
