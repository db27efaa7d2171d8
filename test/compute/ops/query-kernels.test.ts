import { afterEach, describe, expect, it } from "vitest";
import { createBatch } from "../../../src/compute/batch.ts";
import { KvCache } from "../../../src/compute/memory/kv-cache.ts";
import { matmul } from "../../../src/reference/twins.ts";
import { TestRandom } from "../../reference/random.ts";
import { attentionLayer, builds, expectClose, Laboratory } from "../laboratory.ts";

describe.each(builds)("ops that make heads, %s build", (simd) => {
  let lab = new Laboratory(simd, 1);
  afterEach(() => {
    lab.close();
    lab = new Laboratory(simd, 1);
  });

  it("heads of latent attention have the rotated dimensions first, pairs apart, and share key and value", () => {
    const random = new TestRandom(16);
    const sizes = { nHead: 3, rank: 7, rotated: 4, fixed: 5 };
    const [queries, absorbed, latent] = [random.matrix(2, 27), random.matrix(2, 21), random.matrix(2, 11)];
    const out = lab.ops.latentHeads(lab.tensor(queries), lab.tensor(absorbed), lab.tensor(latent), sizes);
    const turned = ([a = 0, b = 0, c = 0, d = 0]: number[]) => [a, c, b, d];
    const part = (row: number[] = [], first: number, count: number) => row.slice(first, first + count);
    const expected = [0, 1].map((t) => [
      ...[0, 1, 2].flatMap((h) => [
        ...turned(part(queries[t], 9 * h + 5, 4)),
        ...part(absorbed[t], 7 * h, 7),
      ]),
      ...turned(part(latent[t], 7, 4)),
      ...part(latent[t], 0, 7),
      ...part(latent[t], 0, 7),
    ]);
    expect(lab.read(out)).toEqual(expected);
  });

  it.each([1, 2, 9])("%i rows: each head goes through the matrix of its own", async (rows) => {
    const random = new TestRandom(17);
    const x = random.matrix(rows, 3 * 11);
    const matrices = Array.from({ length: 3 }, () => random.matrix(10, 7));
    const packed = await Promise.all(matrices.map((matrix) => lab.matrix(matrix)));
    const found = lab.read(lab.ops.linearOfHeads(lab.tensor(x), 2, lab.packing.matrixTable(packed)));
    const expected = x.map((row) =>
      matrices.flatMap((matrix, h) => matmul([row.slice(11 * h + 2, 11 * h + 9)], matrix)[0] ?? []),
    );
    expectClose(found, expected, 1e-5);
    const wide = () => lab.ops.linearOfHeads(lab.tensor(x), 5, lab.packing.matrixTable(packed));
    expect(wide).toThrow("linearOfHeads: columns 5 + 7 of 11");
  });

  it("queries have the factor of their position, and keys and values stay", () => {
    const random = new TestRandom(15);
    const heads = attentionLayer({ nHead: 3, nKvHead: 1, headDim: 5 });
    const [x, factors] = [random.matrix(3, 25), random.vector(43)];
    const cache = new KvCache(lab.runtime.memory, { layers: [heads] }, 43);
    const batch = createBatch(lab.runtime, [{ cache, start: 40, ids: [0, 0, 0] }]);
    const tensor = lab.tensor(x);
    lab.ops.scaleQueries(tensor, heads, lab.tensor([factors]), batch);
    const expected = x.map((row, t) => row.map((v, i) => (i < 15 ? v * (factors[40 + t] ?? 0) : v)));
    expectClose(lab.read(tensor), expected, 1e-6);
    cache.free();
  });
});
