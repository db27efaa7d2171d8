import { describe, expect, it } from "vitest";
import { rowRuns } from "../../src/weights/row-runs.ts";

const source = { tensor: "fused.weight", layout: "linear" } as const;

describe("rowRuns", () => {
  it("takes the rows of other tensors in one run", () => {
    expect(rowRuns(source, 12)).toEqual([{ row: 0, output: 0, count: 12 }]);
  });

  it("leads the query, key and value of each head to all queries, all keys and all values", () => {
    const runs = rowRuns({ ...source, rowGroups: { count: 2, rows: [3, 3, 3] } }, 18);
    expect(runs.map(({ row, output, count }) => [row, output, count])).toEqual([
      [0, 0, 3],
      [3, 6, 3],
      [6, 12, 3],
      [9, 3, 3],
      [12, 9, 3],
      [15, 15, 3],
    ]);
  });

  it("covers all rows and outputs once, with several queries for each key and value", () => {
    const runs = rowRuns({ ...source, rowGroups: { count: 3, rows: [8, 4, 2] } }, 42);
    for (const first of ["row", "output"] as const) {
      const covered = runs.flatMap((run) => Array.from({ length: run.count }, (_, i) => run[first] + i));
      expect(covered.sort((a, b) => a - b)).toEqual(Array.from({ length: 42 }, (_, i) => i));
    }
  });
});
