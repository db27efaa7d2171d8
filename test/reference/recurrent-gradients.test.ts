import { describe, expect, it } from "vitest";
import * as twin from "../../src/reference/recurrent.ts";
import * as back from "../../src/reference/recurrent-gradients.ts";
import { dot, silu } from "../../src/reference/twins.ts";
import { TestRandom } from "./random.ts";

/** Slope of f at x, by central differences. */
const slopeOf = (x: number, f: (x: number) => number): number => (f(x + 1e-5) - f(x - 1e-5)) / 2e-5;

/** Slopes along every element. */
const slopesOf = (x: number[], f: (x: number[]) => number): number[] =>
  x.map((value, i) => slopeOf(value, (moved) => f(x.with(i, moved))));

function expectSlopes(actual: number[], x: number[], f: (x: number[]) => number): void {
  const expected = slopesOf(x, f);
  expect(actual).toHaveLength(expected.length);
  for (const [i, slope] of expected.entries()) expect(actual[i]).toBeCloseTo(slope, 6);
}

const shaped = (flat: number[], width: number): number[][] =>
  Array.from({ length: flat.length / width }, (_, i) => flat.slice(i * width, (i + 1) * width));

describe("the backward twins of recurrent layers equal finite differences", () => {
  const random = new TestRandom(1);

  it("of gates", () => {
    for (const isSilu of [true, false]) {
      const f = (x: number, gate: number) => 3 * x * (isSilu ? silu(gate) : silu(gate) / gate);
      const { dx, dgate } = back.gateBack(0.7, -1.2, isSilu, 3);
      expect(dx).toBeCloseTo(
        slopeOf(0.7, (x) => f(x, -1.2)),
        6,
      );
      expect(dgate).toBeCloseTo(
        slopeOf(-1.2, (gate) => f(0.7, gate)),
        6,
      );
    }
  });

  it.each([true, false])("of the convolution, silu %s", (isSilu) => {
    const [x, weights, dy] = [random.matrix(6, 3), random.matrix(3, 4), random.matrix(6, 3)];
    const bias = random.vector(3);
    const loss = (x: number[][], w: number[][], b: number[]) =>
      dot(dy.flat(), twin.convolution(x, w, b, isSilu).flat());
    const { dx, dw, db } = back.convolutionBack(x, weights, bias, isSilu, dy);
    expectSlopes(dx.flat(), x.flat(), (x) => loss(shaped(x, 3), weights, bias));
    expectSlopes(dw.flat(), weights.flat(), (w) => loss(x, shaped(w, 4), bias));
    expectSlopes(db, bias, (b) => loss(x, weights, b));
  });

  it.each([undefined, 0.4])("of steps and decays, beta %s", (beta) => {
    const [dstep, ddecay] = [1.3, -0.6];
    const loss = ([x = 0, bias = 0, rate = 0, b = 0]: number[]) =>
      dot([dstep, ddecay], twin.recurrenceGate(x, bias, rate, beta === undefined ? undefined : b));
    const { dx, drate, dbeta } = back.recurrenceGateBack(0.3, -0.2, -1.7, beta, dstep, ddecay);
    expectSlopes([dx, dx, drate, dbeta], [0.3, -0.2, -1.7, beta ?? 0], loss);
  });

  it.each([true, false])("of the recurrence, delta rule %s", (delta) => {
    const [rows, keyDim, valueDim] = [5, 3, 4];
    const width = 2 * keyDim + valueDim + 2;
    const parts = (row: number[]): twin.HeadRow => ({
      key: row.slice(0, keyDim),
      query: row.slice(keyDim, 2 * keyDim),
      value: row.slice(2 * keyDim, width - 2),
      step: row[width - 2] ?? 0,
      decay: row[width - 1] ?? 0,
    });
    const [x, dy] = [random.matrix(rows, width), random.matrix(rows, valueDim)];
    const loss = (x: number[], skip: number) =>
      dot(dy.flat(), twin.recurrence(shaped(x, width).map(parts), delta, skip).flat());
    const slopes = back.recurrenceBack(x.map(parts), delta, 0.3, dy);
    const found = slopes.flatMap(({ key, query, value, step, decay }) => [
      ...key,
      ...query,
      ...value,
      step,
      decay,
    ]);
    expectSlopes(found, x.flat(), (x) => loss(x, 0.3));
    const skipped = slopes.reduce((sum, { skip }) => sum + skip, 0);
    expect(skipped).toBeCloseTo(
      slopeOf(0.3, (skip) => loss(x.flat(), skip)),
      6,
    );
  });
});
