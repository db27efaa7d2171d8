import { describe, expect, it } from "vitest";
import {
  canonicalRow,
  isWhole,
  moveColumns,
  runsOf,
  runsOfStored,
  storedRow,
} from "../../src/weights/row-order.ts";

const numbers = (count: number) => Array.from({ length: count }, (_, i) => i);

describe("the order of rows", () => {
  it("interleaved rotary pairs: dimension i, then its partner half a head on; rows behind them stay", () => {
    const order = { block: 8, groups: 3, parts: [1, 1] };
    expect(numbers(16).map((row) => canonicalRow(order, row))).toEqual([
      ...[0, 3, 1, 4, 2, 5, 6, 7],
      ...[8, 11, 9, 12, 10, 13, 14, 15],
    ]);
  });

  it("grouped: for each key/value head its queries, its key and its value", () => {
    const order = { block: 18, groups: 2, parts: [4, 2, 3] };
    const stored = [0, 1, 2, 3, 8, 9, 12, 13, 14, 4, 5, 6, 7, 10, 11, 15, 16, 17];
    expect(numbers(18).map((row) => canonicalRow(order, row))).toEqual(stored);
    expect(runsOf(order, 6, 6)).toEqual([
      { canonical: 6, stored: 11, count: 2 },
      { canonical: 8, stored: 4, count: 2 },
      { canonical: 10, stored: 13, count: 2 },
    ]);
    expect(runsOfStored(order, 0, 6)).toEqual([
      { canonical: 0, stored: 0, count: 4 },
      { canonical: 8, stored: 4, count: 2 },
    ]);
  });

  it("both directions undo each other", () => {
    for (const order of [
      { block: 12, groups: 5, parts: [1, 1] },
      { block: 60, groups: 3, parts: [7, 2, 5] },
    ]) {
      for (const row of numbers(120)) expect(storedRow(order, canonicalRow(order, row))).toBe(row);
    }
  });

  it("whole blocks hold the same rows in both", () => {
    const order = { block: 12, groups: 6, parts: [1, 1] };
    expect([isWhole(order, 12, 24), isWhole(order, 6, 12), isWhole(order, 0, 13)]).toEqual([
      true,
      false,
      false,
    ]);
  });
});

it("moves the columns of a transposed matrix", () => {
  const order = { block: 4, groups: 2, parts: [1, 1] };
  const stored = Uint8Array.from([0, 0, 10, 10, 1, 1, 11, 11, 2, 2, 12, 12, 3, 3, 13, 13]);
  const moved = new Uint8Array(16);
  moveColumns(stored, moved, 4, 2, (output) => storedRow(order, output));
  expect([...moved]).toEqual([0, 0, 1, 1, 10, 10, 11, 11, 2, 2, 3, 3, 12, 12, 13, 13]);
  const back = new Uint8Array(16);
  moveColumns(moved, back, 4, 2, (output) => canonicalRow(order, output));
  expect(back).toEqual(stored);
});
