/** NF4 in memory: the numbers of the twin, and products with the bits of the same weights in f32. */
import { afterEach, describe, expect, it } from "vitest";
import type { Matrix } from "../../../src/compute/tensor.ts";
import { GradientOps } from "../../../src/compute/training/gradient-ops.ts";
import { normalFloats } from "../../../src/reference/normal-float.ts";
import { TestRandom } from "../../reference/random.ts";
import { builds, Laboratory } from "../laboratory.ts";

describe.each(builds)("NF4, %s build", (simd) => {
  let lab = new Laboratory(simd, 2);
  afterEach(() => {
    lab.close();
    lab = new Laboratory(simd, 2);
  });

  const product = (weight: Matrix, x: number[][]) => lab.read(lab.ops.linear(lab.tensor(x), { weight }));

  /** The numbers of a matrix, through its product with the rows of the identity. */
  function numbersOf(matrix: Matrix): number[][] {
    const { inputs, outputs } = matrix;
    const identity = Array.from({ length: inputs }, (_, i) =>
      Array.from({ length: inputs }, (_, j) => Number(i === j)),
    );
    const columns = product(matrix, identity);
    return Array.from({ length: outputs }, (_, o) => columns.map((row) => row[o] ?? Number.NaN));
  }

  it.each([
    [1, 64],
    [8, 128],
    [21, 192],
  ])(
    "%d outputs of %d inputs become the numbers of the twin, whole or in chunks",
    async (outputs, inputs) => {
      const values = new TestRandom(outputs).matrix(outputs, inputs).map((row) => row.map((v) => v ** 3));
      values[0]?.fill(0, 0, 64);
      if (values[1]) values[1][70] = 0.0225; // near a bound
      const expected = values.map(normalFloats);
      for (const transposed of [false, true]) {
        expect(numbersOf(await lab.matrix(values, "F32", "nf4", transposed))).toEqual(expected);
        const matrix = lab.packing.matrix(outputs, inputs, "nf4");
        for (let firstInput = 0; firstInput < inputs; firstInput += 64) {
          const part = values.map((row) => row.slice(firstInput, firstInput + 64));
          await lab.place(matrix, part, { firstInput, transposed });
        }
        expect(numbersOf(matrix)).toEqual(expected);
      }
      expect(numbersOf(await lab.matrix(expected, "F32", "nf4"))).toEqual(expected);
    },
  );

  it("the product and its gradient are those of floats, with any number of rows", async () => {
    const random = new TestRandom(9);
    for (const [outputs, inputs] of [
      [3, 64],
      [29, 128],
      [270, 192],
    ] as const) {
      const values = random.matrix(outputs, inputs);
      const blocks = await lab.matrix(values, "F32", "nf4");
      const floats = await lab.matrix(values.map(normalFloats));
      const x = random.matrix(9, inputs);
      const expected = product(floats, x);
      for (const rows of [1, 2, 5, 9]) {
        expect(product(blocks, x.slice(0, rows))).toEqual(expected.slice(0, rows));
      }
      const dy = random.matrix(7, outputs);
      const gradient = (weight: Matrix) => {
        const dx = lab.tensor(dy.map(() => Array(inputs).fill(Number.NaN)));
        new GradientOps(lab.runtime, 2).linearInput(dx, lab.tensor(dy), weight);
        return lab.read(dx);
      };
      expect(gradient(blocks)).toEqual(gradient(floats));
    }
  });

  it("weights that are not finite do not become numbers", async () => {
    for (const odd of [Number.NaN, Number.POSITIVE_INFINITY]) {
      const values = [Array.from({ length: 64 }, (_, i) => (i === 9 ? odd : 1))];
      const [row = []] = product(await lab.matrix(values, "F32", "nf4"), [Array(64).fill(1)]);
      expect(Number.isFinite(row[0])).toBe(false);
    }
  });
});
