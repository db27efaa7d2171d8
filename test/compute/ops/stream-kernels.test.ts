import { afterEach, describe, expect, it } from "vitest";
import { createIndices } from "../../../src/compute/batch.ts";
import * as twin from "../../../src/reference/streams.ts";
import { TestRandom } from "../../reference/random.ts";
import { builds, expectClose, Laboratory, sizes } from "../laboratory.ts";

describe.each(builds)("parallel residual streams, %s build", (simd) => {
  let lab = new Laboratory(simd, 3);
  afterEach(() => {
    lab.close();
    lab = new Laboratory(simd, 3);
  });

  it.each(sizes)("are mixed, scaled and added to, of width %i", (width) => {
    const random = new TestRandom(width);
    const [rows, count] = [1 + random.integer(9), 2 + random.integer(3)];
    const [streams, x, y] = [
      random.matrix(rows, count * width),
      random.matrix(rows, width),
      random.matrix(rows, width),
    ];
    const [mixing, weights] = [random.matrix(rows, count * count), random.matrix(rows, count)];
    const read = lab.read.bind(lab);
    const t = lab.tensor.bind(lab);
    expectClose(
      read(lab.ops.mixStreams(t(streams), t(mixing))),
      twin.mixStreams(streams, mixing, count),
      1e-5,
    );
    expectClose(read(lab.ops.matchMagnitude(t(y), t(x))), twin.matchMagnitude(y, x), 1e-5);
    const zeros = y.map((row) => row.map(() => 0));
    expect(read(lab.ops.matchMagnitude(t(zeros), t(x)))).toEqual(zeros);
    for (const own of [undefined, weights]) {
      const found = read(lab.ops.addToStreams(t(streams), t(x), 1, own && t(own)));
      expectClose(found, twin.addToStreams(streams, x, 1, own), 1e-5);
    }
    expect(read(lab.ops.sideBySide([t(x), t(streams), t(y)]))).toEqual(
      x.map((row, i) => [...row, ...(streams[i] ?? []), ...(y[i] ?? [])].map(Math.fround)),
    );
  });

  it.each(sizes)("gates below the mean and some deviations are zero, of width %i", (width) => {
    const random = new TestRandom(width);
    const x = random.matrix(1 + random.integer(9), width + 5);
    const found = lab.read(lab.ops.sparsify(lab.tensor(x), width, 0.7));
    expectClose(found, twin.sparsify(x, width, 0.7), 1e-5);
  });

  it("ids beyond a table are those of its first row, and one row multiplies all", () => {
    const { runtime, ops } = lab;
    const ids = createIndices(runtime, [3, 9, 0, 4]);
    expect(ops.idsBelow(ids, 10)).toBe(ids);
    expect([...runtime.memory.u32(ops.idsBelow(ids, 4).ptr, 4)]).toEqual([3, 0, 0, 0]);
    const product = lab.read(
      ops.multiply(
        lab.tensor([
          [1, 2],
          [3, 4],
          [5, 6],
        ]),
        lab.tensor([[2, -1]]),
      ),
    );
    expect(product).toEqual([
      [2, -2],
      [6, -4],
      [10, -6],
    ]);
  });

  it("shapes that do not fit are errors", () => {
    const t = (rows: number, width: number) => lab.tensor(new TestRandom(1).matrix(rows, width));
    expect(() => lab.ops.mixStreams(t(2, 8), t(2, 5))).toThrow("mixStreams: shapes 2,8 and 2,5");
    expect(() => lab.ops.addToStreams(t(2, 8), t(2, 4), 0, t(2, 3))).toThrow("addToStreams: shapes");
    expect(() => lab.ops.matchMagnitude(t(2, 8), t(2, 7))).toThrow("matchMagnitude: shapes 2,8 and 2,7");
    expect(() => lab.ops.sideBySide([t(2, 8), t(3, 8)])).toThrow("sideBySide: shapes 2,8 and 3,8");
    expect(() => lab.ops.sparsify(t(2, 8), 9, 1)).toThrow("sparsify: 9 columns of 8");
  });
});
