import { describe, expect, it } from "vitest";
import { markLowest, markRows } from "../../src/prune/lowest.ts";
import { patternOf } from "../../src/prune/pattern.ts";

const marked = (scores: readonly number[], inputs: number, sparsity: number | string) => [
  ...markRows(Float64Array.from(scores), inputs, patternOf(sparsity)),
];

describe("the lowest scores", () => {
  it("are exactly as many as asked for, the first among equal ones", () => {
    const mask = new Uint8Array(6);
    markLowest(Float64Array.of(1, 3, 1, 1, 0, 1), mask, 0, 6, 3);
    expect([...mask]).toEqual([1, 0, 1, 0, 1, 0]);
  });

  it("are those of each row, and of each group of it", () => {
    expect(marked([4, 3, 2, 1, 1, 2, 3, 4], 4, 0.5)).toEqual([0, 0, 1, 1, 1, 1, 0, 0]);
    expect(marked([4, 3, 2, 1, 5, 6], 6, "2:4")).toEqual([0, 0, 1, 1, 1, 0]);
    expect(marked([4, 3, 2, 1, 5], 5, 0.5)).toEqual([0, 0, 1, 1, 0]);
  });
});

describe("a sparsity", () => {
  it.each([0, 1, -1, "4:4", "0:4", "2:400", "half"])("is not %s", (value) => {
    expect(() => patternOf(value as string)).toThrow("expected a number above 0");
  });
});
