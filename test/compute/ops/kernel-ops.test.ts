import { afterEach, describe, expect, it, vi } from "vitest";
import { gates } from "../../../src/bench/element-kernels.ts";
import { GptError } from "../../../src/errors.ts";
import * as twin from "../../../src/reference/twins.ts";
import { TestRandom } from "../../reference/random.ts";
import { builds, expectClose, Laboratory, sizes } from "../laboratory.ts";

describe.each(builds)("ops, %s build", (simd) => {
  let lab = new Laboratory(simd, 1);
  afterEach(() => {
    lab.close();
    lab = new Laboratory(simd, 1);
  });

  it("linear equals its twin for every size", async () => {
    const random = new TestRandom(1);
    for (const inputs of sizes) {
      for (const outputs of sizes) {
        const x = random.matrix(1 + random.integer(9), inputs);
        const w = random.matrix(outputs, inputs);
        const bias = random.vector(outputs);
        const out = lab.ops.linear(lab.tensor(x), {
          weight: await lab.matrix(w),
          bias: await lab.vector(bias),
        });
        expectClose(lab.read(out), twin.matmul(x, w, bias), 1e-5);
      }
    }
  });

  it("gather copies the chosen rows, in the order of the choice", () => {
    const x = new TestRandom(2).matrix(5, 7);
    const chosen = [4, 0, 0, 3];
    expect(lab.read(lab.ops.gather(lab.tensor(x), chosen))).toEqual(
      chosen.map((row) => x[row]?.map(Math.fround)),
    );
  });

  it("addLinear adds a multiple of its twin to some columns, and leaves the others", async () => {
    const random = new TestRandom(12);
    for (const outputs of sizes) {
      for (const [before, after] of [
        [0, 0],
        [5, 3],
      ] as const) {
        const rows = 1 + random.integer(9);
        const [x, w] = [random.matrix(rows, 7), random.matrix(outputs, 7)];
        const start = random.matrix(rows, before + outputs + after);
        const out = lab.tensor(start);
        lab.ops.addLinear(out, lab.tensor(x), await lab.matrix(w), before, -0.5);
        const product = twin.matmul(x, w);
        const expected = start.map((row, i) => row.map((v, j) => v - 0.5 * (product[i]?.[j - before] ?? 0)));
        expectClose(lab.read(out), expected, 1e-5);
      }
    }
    const [out, x] = [lab.tensor(random.matrix(2, 8)), lab.tensor(random.matrix(2, 3))];
    const weight = await lab.matrix(random.matrix(8, 3));
    expect(() => lab.ops.addLinear(out, x, weight, 1, 1)).toThrow("addColumns: 1 + 8 outputs of 8");
  });

  it.each([
    ["F16", "f32"],
    ["BF16", "f32"],
    ["BF16", "bf16"],
    ["F16", "f16"],
  ] as const)("linear reads %s weights kept as %s exactly", async (stored, kept) => {
    const random = new TestRandom(2);
    const w = random.matrix(21, 13).map((row) => row.map((v) => Math.round(v * 32) / 32));
    const x = random.matrix(5, 13);
    for (const transposed of [false, true]) {
      const matrix = await lab.matrix(w, stored, kept, transposed);
      expect(lab.unpack(matrix)).toEqual(w);
      expectClose(lab.read(lab.ops.linear(lab.tensor(x), { weight: matrix })), twin.matmul(x, w), 1e-5);
    }
  });

  it("embedding gathers rows", async () => {
    const w = new TestRandom(3).matrix(131, 60);
    const ids = [130, 0, 7, 8, 64, 7];
    const out = lab.ops.embedding({ weight: await lab.matrix(w) }, lab.indices(ids));
    expect(lab.read(out)).toEqual(ids.map((id) => w[id]));
  });

  it("activations equal their twins from -20 to 20", () => {
    const x = [Array.from({ length: 4001 }, (_, i) => Math.fround((i - 2000) / 100))];
    const apply = (f: (x: number) => number) => x.map((row) => row.map(f));
    expectClose(lab.read(lab.ops.activation("gelu_tanh", lab.tensor(x))), apply(twin.geluTanh), 1e-6);
    expectClose(lab.read(lab.ops.activation("silu", lab.tensor(x))), apply(twin.silu), 1e-6);
    expectClose(lab.read(lab.ops.activation("relu", lab.tensor(x))), apply(twin.relu), 0);
    const squares = apply((v) => Math.min(twin.reluSquared(v), 100));
    const found = lab
      .read(lab.ops.activation("relu_squared", lab.tensor(x)))
      .map((row) => row.map((v) => Math.min(v, 100)));
    expectClose(found, squares, 1e-5);
    expectClose(lab.read(lab.ops.activation("quick_gelu", lab.tensor(x))), apply(twin.quickGelu), 1e-6);
    expectClose(lab.read(lab.ops.activation("relu6", lab.tensor(x))), apply(twin.relu6), 0);
    expectClose(lab.read(lab.ops.activation("sigmoid", lab.tensor(x))), apply(twin.sigmoid), 1e-6);
    expectClose(lab.read(lab.ops.activation("tanh", lab.tensor(x))), apply(Math.tanh), 1e-6);
    expectClose(
      lab.read(lab.ops.softCap(lab.tensor(x), 3)),
      apply((v) => twin.softCap(v, 3)),
      2e-6,
    );
    expectClose(
      lab.read(lab.ops.scale(lab.tensor(x), 0.37)),
      apply((v) => 0.37 * v),
      1e-6,
    );
    const erfRange = [(x[0] ?? []).filter((v) => Math.abs(v) < 7)];
    const exact = erfRange.map((row) => row.map(twin.geluErf));
    expectClose(lab.read(lab.ops.activation("gelu_erf", lab.tensor(erfRange))), exact, 2e-6);
    const far = [[-100, -20, -7, 7, 20, 100]];
    expectClose(lab.read(lab.ops.activation("gelu_erf", lab.tensor(far))), [[0, 0, 0, 7, 20, 100]], 1e-5);
  });

  it.each(gates)("$name gates the second half with the first", ({ kind, of }) => {
    const random = new TestRandom(6);
    for (const width of sizes) {
      const x = random.matrix(3, 2 * width).map((row) => row.map((v) => (kind === "gelu_erf" ? 1 : 5) * v));
      const expected = x.map((row) => row.slice(0, width).map((g, i) => of(g, twin.at(row, width + i))));
      expectClose(lab.read(lab.ops.gated(kind, lab.tensor(x))), expected, 1e-4);
    }
  });

  it("softmax equals its twin, also for large and equal logits", () => {
    const random = new TestRandom(7);
    for (const width of sizes) {
      const x = [random.vector(width), random.vector(width).map((v) => v * 50 + 1000), Array(width).fill(-3)];
      expectClose(lab.read(lab.ops.softmax(lab.tensor(x))), x.map(twin.softmax), 1e-6);
    }
  });

  it("logSums equals its twin, and says which rows have no sum", () => {
    const random = new TestRandom(17);
    for (const width of sizes) {
      const x = [random.vector(width), random.vector(width).map((v) => v * 50 + 1000), Array(width).fill(-3)];
      expectClose(lab.read(lab.ops.logSums(lab.tensor(x))), x.map(twin.logSum), 1e-6);
      const masked = [...Array(width).fill(-Infinity), 2];
      expectClose(lab.read(lab.ops.logSums(lab.tensor([masked]))), [[width, 0]], 1e-6);
      for (const bad of [Number.NaN, Infinity]) {
        for (const place of [0, width]) {
          const row = Array(width + 1)
            .fill(0)
            .with(place, bad);
          expect(lab.read(lab.ops.logSums(lab.tensor([row])))[0]?.[1]).toBeNaN();
        }
      }
      expect(lab.read(lab.ops.logSums(lab.tensor([Array(width).fill(-Infinity)])))[0]?.[1]).toBeNaN();
    }
  });

  it("divergences equals its twin, for near and far rows and masked logits", () => {
    const random = new TestRandom(18);
    for (const width of sizes) {
      const a = [random.vector(width), random.vector(width).map((v) => v * 50 + 1000), Array(width).fill(-3)];
      const b = a.map((row, i) => row.map((v) => v + 10 ** -i * random.uniform()));
      const expected = a.map((row, i) => [twin.divergence(row, b[i] ?? [])]);
      expectClose(lab.read(lab.ops.divergences(lab.tensor(a), lab.tensor(b))), expected, 1e-6);
      const masked = lab.tensor([[...Array(width).fill(-Infinity), 2]]);
      expectClose(lab.read(lab.ops.divergences(masked, masked)), [[0]], 1e-6);
    }
  });

  it("readLogits equals its twin: sums, ranks and the largest", () => {
    const random = new TestRandom(19);
    for (const width of sizes) {
      const x = [
        random.vector(width),
        random.vector(width).map((v) => Math.fround(v * 50 + 1000)),
        Array(width).fill(-3),
      ];
      const top = Math.min(width, 3);
      const ids = x.map(() => [random.integer(width), 2 ** 32 - 1]);
      const expected = x.map((row, i) => twin.reading(row, ids[i] ?? [], top));
      const found = lab.read(lab.ops.readLogits(lab.tensor(x), lab.ops.ids(ids.flat()), top));
      const known = (rows: number[][]) => rows.map((row) => row.map((v) => (Number.isNaN(v) ? -1 : v)));
      expectClose(known(found), known(expected), 1e-6);
    }
  });

  it("multiply multiplies with some columns, and leaves them", () => {
    const random = new TestRandom(13);
    for (const width of sizes) {
      for (const [before, after] of [
        [0, 0],
        [5, 3],
      ] as const) {
        const rows = 1 + random.integer(9);
        const [x, y] = [random.matrix(rows, width), random.matrix(rows, before + width + after)];
        const columns = lab.tensor(y);
        const out = lab.read(lab.ops.multiply(lab.tensor(x), columns, before));
        expect(out).toEqual(twin.multiply(x, y, before).map((row) => row.map(Math.fround)));
        expect(lab.read(columns)).toEqual(y.map((row) => row.map(Math.fround)));
      }
    }
    const [x, y] = [lab.tensor(random.matrix(2, 8)), lab.tensor(random.matrix(2, 9))];
    expect(() => lab.ops.multiply(x, y, 2)).toThrow("multiply: shapes 2,8 and 2,9 from column 2");
  });

  it("add adds", () => {
    const [a, b] = [new TestRandom(8).matrix(3, 7), new TestRandom(9).matrix(3, 7)];
    const expected = a.map((row, t) => row.map((v, i) => Math.fround(v + twin.at(b[t] ?? [], i))));
    expect(lab.read(lab.ops.add(lab.tensor(a), lab.tensor(b)))).toEqual(expected);
  });

  it("scratch memory is as before after a fault at any allocation of an update", async () => {
    const { scratch } = lab.runtime;
    const random = new TestRandom(10);
    const x = lab.tensor(random.matrix(5, 12));
    const weight = await lab.matrix(random.matrix(12, 12));
    const norm = { weight: await lab.vector(random.vector(12)), epsilon: 1e-5 };
    const update = () =>
      lab.ops.update(x, () => lab.ops.add(x, lab.ops.linear(lab.ops.normalize(x, norm), { weight })));
    update();
    const before = scratch.mark();
    const allocate = scratch.allocate.bind(scratch);
    let faults = 0;
    for (let fault = 0, hit = true; hit; fault++) {
      let left = fault;
      hit = false;
      const spy = vi.spyOn(scratch, "allocate").mockImplementation((bytes) => {
        if (left-- > 0) return allocate(bytes);
        hit = true;
        throw new GptError("resource", "out of memory");
      });
      if (fault < 3) expect(update).toThrow("out of memory");
      else update();
      spy.mockRestore();
      expect(scratch.mark()).toEqual(before);
      faults += Number(hit);
    }
    expect(faults).toBe(3); // the norm, the product, its interleaved rows
  });
});
