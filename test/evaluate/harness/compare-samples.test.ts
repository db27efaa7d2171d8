import { describe, expect, it } from "vitest";
import { compareSamples } from "../../../src/evaluate/harness/compare-samples.ts";
import { pairedDifference } from "../../../src/evaluate/harness/paired.ts";

const sample = (id: number, acc: number, more = {}) => ({
  task: "t",
  doc_id: id,
  doc_hash: `h${id}`,
  filter: "none",
  metrics: ["acc"],
  acc,
  ...more,
});

describe("paired differences", () => {
  it("have the standard error of the differences, and McNemar's exact p", () => {
    const first = [1, 1, 1, 0, 0, 0, 1, 1, 0, 1];
    const second = [1, 0, 1, 1, 1, 1, 1, 1, 1, 1];
    const found = pairedDifference(first, second);
    expect(found).toMatchObject({ items: 10, first: 0.6, second: 0.9, flips: { lost: 1, won: 4 } });
    // differences: -1, 4 times 1, 5 times 0: variance 0.41 of the sample 4.1 / 9
    expect(found.difference.value).toBeCloseTo(0.3, 12);
    expect(found.difference.error).toBeCloseTo(Math.sqrt(4.1 / 9 / 10), 12);
    // 2 (C(5, 0) + C(5, 1)) / 2^5
    expect(found.flips?.p).toBeCloseTo(12 / 32, 12);
    expect(found.interval[0]).toBeLessThan(found.difference.value);
    expect(found.interval[1]).toBeGreaterThan(found.difference.value);
  });

  it("of equal values are 0, and of other numbers have no flips", () => {
    expect(pairedDifference([1, 0], [1, 0])).toMatchObject({
      difference: { value: 0, error: 0 },
      flips: { p: 1 },
    });
    expect(pairedDifference([0.5], [0.25])).toMatchObject({ items: 1, interval: [Number.NaN, Number.NaN] });
    expect(pairedDifference([0.5], [0.25]).flips).toBeUndefined();
  });
});

describe("two logs of samples", () => {
  it("are compared on the items that both have", () => {
    const first = [sample(0, 1), sample(1, 0), sample(7, 1)];
    const second = [sample(1, 1), sample(0, 1)];
    expect(compareSamples(first, second)).toMatchObject([
      { task: "t", metric: "acc", items: 2, changed: [1], unmatched: 1, flips: { lost: 0, won: 1 } },
    ]);
  });

  it.each([
    [[sample(0, 1)], [sample(0, 1, { doc_hash: "other" })], "item 0 of t is another one"],
    [[sample(0, 1)], [sample(0, 1, { task: "u" })], "no task, item and metric in common"],
    [[sample(0, 1), sample(0, 0)], [sample(0, 1)], "stands twice"],
  ])("are refused if they do not belong together", (first, second, problem) => {
    expect(() => compareSamples(first, second)).toThrow(problem);
  });
});
