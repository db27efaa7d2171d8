import { afterEach, describe, expect, it } from "vitest";
import { OptimizerOps } from "../../../src/compute/training/optimizer-ops.ts";
import * as gradient from "../../../src/reference/gradients.ts";
import { at } from "../../../src/reference/twins.ts";
import { TestRandom } from "../../reference/random.ts";
import { builds, column, expectClose, Laboratory } from "../laboratory.ts";

describe.each(builds)("ops of the optimizer, %s build", (simd) => {
  let lab = new Laboratory(simd, 1);
  afterEach(() => {
    lab.close();
    lab = new Laboratory(simd, 1);
  });

  it("AdamW equals its twin over steps, and clears the gradient", async () => {
    const random = new TestRandom(11);
    const optimizer = new OptimizerOps(lab.runtime, 1);
    const [shape, betas] = [
      [13, 3],
      [0.9, 0.95],
    ] as const;
    const start = random.matrix(...shape);
    const zeros = start.map((row) => row.map(() => 0));
    const [value, g, m, v] = [
      await lab.matrix(start),
      await lab.matrix(zeros),
      await lab.matrix(zeros),
      await lab.matrix(zeros),
    ];
    let expected = start.flat().map((p) => ({ p, g: 0, m: 0, v: 0 }));
    for (let t = 1; t <= 5; t++) {
      const grad = random.matrix(...shape);
      const source = await lab.matrix(grad);
      lab.runtime.memory.f32(g.ptr, 16 * 3).set(lab.runtime.memory.f32(source.ptr, 16 * 3));
      const norm = Math.sqrt(optimizer.sumSquares(g));
      expect(norm).toBeCloseTo(Math.sqrt(grad.flat().reduce((sum, e) => sum + e * e, 0)), 4);
      const factors = { clip: 1 / norm, keep: 1 - 0.01 * 0.1, betas, epsilon: 1e-8 };
      const corrections = { stepSize: 0.01 / (1 - 0.9 ** t), rootScale: 1 / Math.sqrt(1 - 0.95 ** t) };
      optimizer.adamW({ value, gradient: g, moments: [m, v] }, { ...factors, ...corrections });
      expected = expected.map((s, i) => ({
        ...gradient.adamW({ ...s, g: at(grad.flat(), i) / norm }, t, 0.01, betas, 1e-8, 0.1),
        g: 0,
      }));
    }
    expectClose([lab.unpack(value).flat()], [expected.map(({ p }) => p)], 1e-6);
    expectClose([lab.unpack(m).flat()], [expected.map(({ m }) => m)], 1e-6);
    expectClose([lab.unpack(v).flat()], [expected.map(({ v }) => v)], 1e-6);
    expect(lab.unpack(g).flat()).toEqual(expected.map(() => 0));
  });

  it("sums of squares are the same in every slice, past whole blocks", async () => {
    const values = new TestRandom(12).vector(9001);
    const optimizer = new OptimizerOps(lab.runtime, 1);
    const expected = values.reduce((sum, v) => sum + v * v, 0);
    expect(optimizer.sumSquares(await lab.matrix(column(values))) / expected).toBeCloseTo(1, 5);
  });
});
