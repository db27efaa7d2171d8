import { afterEach, describe, expect, it } from "vitest";
import type { Matrix } from "../../../src/compute/tensor.ts";
import { TestRandom } from "../../reference/random.ts";
import { builds, column, Laboratory } from "../laboratory.ts";

describe.each(builds)("weights of F16, %s build", (simd) => {
  let lab = new Laboratory(simd, 1);
  afterEach(() => {
    lab.close();
    lab = new Laboratory(simd, 1);
  });

  it("packing widens every kind of float16", async () => {
    const halves = [
      0,
      -0,
      1,
      -2,
      65504,
      2 ** -14,
      2 ** -24,
      1023 * 2 ** -24,
      1.5,
      Infinity,
      -Infinity,
      Number.NaN,
    ];
    expect(lab.unpack(await lab.matrix([halves], "F16"))).toEqual([halves]);
    expect(lab.unpack(await lab.matrix([halves], "F16", "f16"))).toEqual([halves]);
    for (const rows of [1, 2]) {
      const x = lab.tensor(Array(rows).fill([1]));
      const weight = await lab.matrix(column(halves), "F16", "f16");
      for (const row of lab.read(lab.ops.linear(x, { weight })))
        expect(row).toEqual(halves.map((v) => v + 0));
    }
  });

  it("linear over F16 has the bits of the same weights widened", async () => {
    const random = new TestRandom(7);
    for (const [outputs, inputs] of [
      [5, 7],
      [24, 131],
      [203, 60],
      [21, 9000],
    ] as const) {
      const w = random.matrix(outputs, inputs).map((row) => row.map((v) => Math.round(v * 512) / 512));
      const [kept, wide] = [await lab.matrix(w, "F16", "f16"), await lab.matrix(w, "F16")];
      for (const rows of [1, 2, 4, 6, 13]) {
        const x = lab.tensor(random.matrix(rows, inputs));
        const of = (weight: Matrix) => lab.read(lab.ops.linear(x, { weight }));
        expect(of(kept)).toEqual(of(wide));
      }
    }
  });

  it("linear over F16 has these bits for zeros, subnormals, large numbers, infinities and NaN", async () => {
    const random = new TestRandom(8);
    const inputs = [0, -0, 1e-45, -3e-39, 2 ** -126, 1, 65535.99, 65536, 3e38, Infinity, Number.NaN];
    const weights = [0, -0, 2 ** -24, -1023 * 2 ** -24, 2 ** -14, 65504, -1, 0.5];
    const special = [Infinity, -Infinity, Number.NaN];
    const place = (row: number[], values: readonly number[]) => {
      for (const value of values) row[random.integer(row.length)] = value;
    };
    for (const width of [7, 8, 33, 257])
      for (const size of [1, 1000, 70_000])
        for (const extremes of [[], inputs])
          for (const infinite of [[], special]) {
            const w = random.matrix(21, width).map((row) => row.map((v) => Math.round(v * 512) / 512));
            for (const row of w) place(row, weights);
            for (const row of w.slice(0, 2)) place(row, infinite);
            const x = random.matrix(5, width).map((row) => row.map((v) => v * size));
            for (const row of x) place(row, extremes);
            const [kept, wide] = [await lab.matrix(w, "F16", "f16"), await lab.matrix(w, "F16")];
            const of = (weight: Matrix, x: number[][]) => lab.read(lab.ops.linear(lab.tensor(x), { weight }));
            expect(of(kept, x)).toEqual(of(wide, x));
            expect(x.flatMap((row) => of(kept, [row]))).toEqual(of(wide, x));
          }
  });
});
