import { describe, expect, it } from "vitest";
import { estimatePass, estimatePrompt, limitOf, readRate, totalOf } from "../../src/plan/estimate.ts";
import type { MachineFigures } from "../../src/plan/machine.ts";
import type { Work } from "../../src/plan/work.ts";

/** One thread reads 10 GB and multiplies 50 G times a second; kernels reach half of the one, a fifth of the other. */
const machine: MachineFigures = {
  name: "made up",
  cores: 4,
  memoryBytes: 8e9,
  readBytesPerSecond: { one: 10e9, all: 25e9 },
  flopsPerSecond: 100e9,
  jobSeconds: 1e-5,
  shares: { "matmul-q8_0-row": 0.5, "matmul-q8_0": 0.2, "attention-f16-row": 0.25, "attention-f16": 0.1 },
};

const layers = { dtype: "q8_0", isHead: false, experts: undefined, bytes: 1e9, multiplyAdds: 1e9 } as const;
const head = { ...layers, isHead: true, bytes: 1e8, multiplyAdds: 1e8 } as const;
const work: Work = {
  products: [layers, head],
  attentions: [{ layers: 2, most: 1000, multiplyAdds: 1e4, bytes: 4e3 }],
  kvTypes: { keys: "f16", values: "f16" },
  kernels: 100,
  width: 1000,
};
const pass = { rows: 1, sequences: 1, depth: 0, threads: 1 };

describe("the time of a pass", () => {
  it("of one row is that of reading weights, keys and values", () => {
    const seconds = estimatePass(work, machine, { ...pass, depth: 499 });
    expect(seconds).toEqual({
      weights: expect.closeTo(1e9 / 4.5e9 + 1e8 / 5e9),
      arithmetic: 0,
      cache: expect.closeTo((2 * 4e3 * 500) / 2.5e9, 9),
      others: expect.closeTo((100 * 1000 * 640) / 100e9),
    });
    expect(limitOf(seconds)).toBe("weights");
  });

  it("of several rows adds their multiply-adds; the head computes one row of each text", () => {
    const { weights, arithmetic, cache } = estimatePass(work, machine, { ...pass, rows: 10, sequences: 3 });
    expect(weights).toBeCloseTo(1e9 / 4.5e9 + 1e8 / 5e9);
    expect(arithmetic).toBeCloseTo((2 * (30 * 1e9 + 3 * 1e8)) / 20e9);
    // Of the rows of a text each sees one position more than that before: 1 + ... + 10.
    expect(cache).toBeCloseTo((2 * 2 * 3 * 1e4 * 55) / 10e9, 9);
  });

  it("does not grow beyond a window", () => {
    const at = (depth: number) => estimatePass(work, machine, { ...pass, depth }).cache;
    expect(at(5000)).toBe(at(999));
    expect(at(998)).toBeLessThan(at(999));
  });

  it("shrinks with threads as far as they read more together", () => {
    expect([1, 2, 3, 8].map((threads) => readRate(machine, threads) / 1e9)).toEqual([10, 20, 25, 25]);
    const two = estimatePass(work, machine, { ...pass, threads: 2 });
    expect(two.weights).toBeCloseTo(1e9 / 9e9 + 1e8 / 10e9);
    expect(two.others).toBeCloseTo((100 * 1000 * 640) / 200e9 + 100 * 1e-5);
    const [alone, both] = [1, 2].map((threads) => estimatePass(work, machine, { ...pass, rows: 9, threads }));
    expect((alone?.arithmetic ?? 0) / (both?.arithmetic ?? 1)).toBeCloseTo(2 / (1 + 1 / 24));
  });

  it("reads of a mixture the matrices that some row chooses", () => {
    const experts = { ...layers, experts: { count: 8, active: 2 } };
    const mixture = { ...work, products: [experts], attentions: [] };
    const readBy = (sequences: number) =>
      estimatePass(mixture, machine, { ...pass, sequences }).weights * 4.5;
    expect(readBy(1)).toBeCloseTo(1 / 4);
    expect(readBy(2)).toBeCloseTo(1 / 4 + 3 / 16);
    expect(readBy(100)).toBeCloseTo(1);
    const { arithmetic } = estimatePass(mixture, machine, { ...pass, sequences: 100 });
    expect(arithmetic).toBeCloseTo((2 * 100 * 0.25 * 1e9) / 20e9);
  });

  it("of a prompt is that of its passes", () => {
    const rows = (rows: number, depth: number) =>
      totalOf(estimatePass(work, machine, { ...pass, rows, depth }));
    expect(totalOf(estimatePrompt(work, machine, { ...pass, rows: 300 }))).toBeCloseTo(
      rows(144, 0) + rows(144, 144) + rows(12, 288),
    );
  });
});
