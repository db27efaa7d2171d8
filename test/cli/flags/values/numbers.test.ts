import { describe, expect, it } from "vitest";
import { integers, percentage } from "../../../../src/cli/flags/values/numbers.ts";

describe("lists of numbers", () => {
  it.each([
    ["5", [5]],
    ["1,2, 4", [1, 2, 4]],
    ["1-3", [1, 2, 3]],
    ["128-512+128,7", [128, 256, 384, 512, 7]],
    ["1-8*2", [1, 2, 4, 8]],
    ["4-4", [4]],
  ])("are read as llama-bench reads %s", (text, expected) => {
    expect(integers(1)(text)).toEqual(expected);
  });

  it.each([
    ["", "expected a number, found"],
    ["1,", "expected a number, found"],
    ["two", "expected a number, found"],
    ["0", "expected a whole number from 1, found"],
    ["0-2", "expected a whole number from 1, found"],
    ["3-1", "expected a range that ascends, found"],
    ["1-9+0", "expected a range that ends, found"],
    ["1-9*1", "expected a range that ends, found"],
    ["1-99999999", "expected a range that ends, found"],
  ])("are refused: %j", (text, message) => {
    expect(() => integers(1)(text)).toThrow(message);
  });
});

describe("percentages", () => {
  it("are read as shares", () => {
    expect([percentage("10%"), percentage("2.5 %"), percentage("0%")]).toEqual([0.1, 0.025, 0]);
    for (const text of ["10", "%", "-1%", "1e1%", "x%"]) {
      expect(() => percentage(text)).toThrow("expected a percentage such as 10%, found");
    }
  });
});
