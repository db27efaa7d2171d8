import { describe, expect, it } from "vitest";
import { range, thinned, ticks } from "../../../../src/train/run/report/axis.ts";

describe("ticks", () => {
  it("are round numbers within the range", () => {
    expect(ticks(0, 1000, 7)).toEqual([0, 200, 400, 600, 800, 1000]);
    expect(ticks(1.93, 4.2, 4)).toEqual([2, 3, 4]);
    expect(ticks(-0.3, 0.3, 3).map((tick) => tick.toFixed(1))).toEqual(["-0.2", "0.0", "0.2"]);
    expect(ticks(2, 2, 5)).toEqual([2]);
  });
});

describe("range", () => {
  it("leaves room around the values", () => {
    expect(range([1, 3, 2])).toEqual([0.9, 3.1]);
    expect(range([2])).toEqual([1.5, 2.5]);
    expect(range([])).toEqual([0, 1]);
  });
});

describe("thinned", () => {
  it("means neighbours, and keeps the last step", () => {
    const points = Array.from({ length: 10 }, (_, i) => ({ step: i + 1, value: i }));
    expect(thinned(points, 3)).toEqual([
      { step: 3, value: 1 },
      { step: 6, value: 4 },
      { step: 10, value: 7.5 },
    ]);
    expect(thinned(points, 10)).toBe(points);
  });
});
