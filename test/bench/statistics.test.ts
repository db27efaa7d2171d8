import { describe, expect, it } from "vitest";
import { deviation, mean, median } from "../../src/bench/statistics.ts";

describe("statistics", () => {
  it("are the mean, deviation and median of a sample", () => {
    expect(mean([2, 4, 4, 4, 5, 5, 7, 9])).toBe(5);
    expect(deviation([2, 4, 4, 4, 5, 5, 7, 9])).toBeCloseTo(Math.sqrt(32 / 7), 12);
    expect(deviation([3])).toBe(0);
    expect(median([9, 1, 5])).toBe(5);
    expect(median([9, 1, 5, 7])).toBe(6);
  });
});
