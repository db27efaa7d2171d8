import { afterEach, describe, expect, it } from "vitest";
import type { Matrix } from "../../../src/compute/tensor.ts";
import { GradientOps } from "../../../src/compute/training/gradient-ops.ts";
import * as twin from "../../../src/reference/streams.ts";
import { at, matmul } from "../../../src/reference/twins.ts";
import { TestRandom } from "../../reference/random.ts";
import { builds, expectClose, Laboratory, sizes } from "../laboratory.ts";
import { differences, tapeGradients } from "./tape-gradients.ts";

const [ROWS, WIDTH, COUNT] = [6, 5, 3];

const part = (rows: number[][], first: number, count: number) =>
  rows.map((row) => row.slice(first, first + count));

describe.each(builds)("gradients of parallel residual streams, %s build", (simd) => {
  let lab = new Laboratory(simd, 1);
  afterEach(() => {
    lab.close();
    lab = new Laboratory(simd, 1);
  });

  it.each(sizes)("lengths and sparse gates equal their twins, of width %i", (width) => {
    const random = new TestRandom(width);
    const [x, y, g] = [random.matrix(4, width), random.matrix(4, width), random.matrix(4, width)];
    y[1] = Array<number>(width).fill(1e-4); // below the least length
    const ops = new GradientOps(lab.runtime, 1);
    const [gradient, dx] = [lab.tensor(g), lab.tensor(x.map((row) => row.map(() => 0)))];
    ops.matchMagnitude(gradient, dx, lab.tensor(y), lab.tensor(x));
    const slopes = y.map((row, t) => twin.matchMagnitudeBack(row, x[t] ?? [], g[t] ?? []));
    expectClose(
      lab.read(gradient),
      slopes.map(({ dy }) => dy),
      1e-5,
    );
    expectClose(
      lab.read(dx),
      slopes.map(({ dx }) => dx),
      1e-5,
    );
    const wide = x.map((row) => [...row, 1, 2, 3]);
    const sparse = lab.tensor(g.map((row) => [...row, 4, 5, 6]));
    ops.sparsify(sparse, lab.tensor(wide), width, 0.4);
    const expected = x.map((row, t) => [...twin.sparsifyBack(row, 0.4, g[t] ?? []), 4, 5, 6]);
    expectClose(lab.read(sparse), expected, 1e-5);
  });

  it("streams on the tape equal finite differences", async () => {
    const random = new TestRandom(1);
    const input = random.matrix(ROWS, 4);
    const weights = [
      random.matrix(COUNT * WIDTH, 4),
      random.matrix(COUNT * COUNT, 4),
      random.matrix(COUNT, 4),
      random.matrix(WIDTH, 4),
    ];
    const found = await tapeGradients(lab, weights, (ops, matrices) => {
      const [streams, mixing, adding, own] = matrices.map((weight: Matrix) =>
        ops.linear(lab.tensor(input), { weight }),
      );
      if (!(streams && mixing && adding && own)) throw new Error("four matrices");
      const mixed = ops.mixStreams(streams, mixing);
      const x = ops.matchMagnitude(ops.columns(mixed, WIDTH, WIDTH), own);
      const sum = ops.addToStreams(mixed, x, 1, adding);
      return ops.sparsify(ops.sideBySide([x, sum]), WIDTH, 0.3);
    });
    const expected = differences(weights, (matrices) => {
      const [streams, mixing, adding, own] = matrices.map((weight) => matmul(input, weight));
      const mixed = twin.mixStreams(streams ?? [], mixing ?? [], COUNT);
      const x = twin.matchMagnitude(part(mixed, WIDTH, WIDTH), own ?? []);
      const sum = twin.addToStreams(mixed, x, 1, adding);
      const both = x.map((row, t) => [...row, ...(sum[t] ?? [])]);
      return twin.sparsify(both, WIDTH, 0.3);
    });
    const errors = expected.flat(2).map((value, i) => Math.abs(value - at(found.flat(2), i)));
    expect(Math.max(...errors)).toBeLessThan(3e-3 * Math.max(1, ...expected.flat(2).map(Math.abs)));
  });

  it("one row of factors gets the sums over the rows", async () => {
    const random = new TestRandom(2);
    const [input, w, factors] = [random.matrix(7, 4), random.matrix(WIDTH, 4), random.matrix(WIDTH, 1)];
    const found = await tapeGradients(lab, [w, factors], (ops, [weight, own]) =>
      ops.multiply(ops.linear(lab.tensor(input), { weight: weight as Matrix }), {
        shape: [1, WIDTH],
        ptr: (own as Matrix).ptr,
      }),
    );
    const expected = differences([w, factors], ([weight = [], own = []]) =>
      matmul(input, weight).map((row) => row.map((v, i) => v * at(own[i] ?? [], 0))),
    );
    const errors = expected.flat(2).map((value, i) => Math.abs(value - at(found.flat(2), i)));
    expect(Math.max(...errors)).toBeLessThan(2e-3);
  });
});
