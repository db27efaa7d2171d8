import { afterEach, describe, expect, it } from "vitest";
import { createBatch } from "../../../src/compute/batch.ts";
import { KvCache } from "../../../src/compute/memory/kv-cache.ts";
import { TestRandom } from "../../reference/random.ts";
import { attentionLayer, builds, expectClose, Laboratory } from "../laboratory.ts";

describe.each(builds)("ops that make heads, %s build", (simd) => {
  let lab = new Laboratory(simd, 1);
  afterEach(() => {
    lab.close();
    lab = new Laboratory(simd, 1);
  });

  it("heads of latent attention have the rotated dimensions first, pairs apart, and share those of keys", () => {
    const random = new TestRandom(16);
    const sizes = { nHead: 3, rank: 7, rotated: 4, fixed: 5, valueDim: 6 };
    const [queries, latent, expanded] = [random.matrix(2, 27), random.matrix(2, 11), random.matrix(2, 33)];
    const out = lab.ops.latentHeads(lab.tensor(queries), lab.tensor(latent), lab.tensor(expanded), sizes);
    const turned = ([a = 0, b = 0, c = 0, d = 0]: number[]) => [a, c, b, d];
    const part = (row: number[] = [], first: number, count: number) => row.slice(first, first + count);
    const each = (f: (h: number) => number[]) => [0, 1, 2].flatMap(f);
    const expected = [0, 1].map((t) => [
      ...each((h) => [...turned(part(queries[t], 9 * h + 5, 4)), ...part(queries[t], 9 * h, 5)]),
      ...each((h) => [...turned(part(latent[t], 7, 4)), ...part(expanded[t], 11 * h, 5)]),
      ...each((h) => part(expanded[t], 11 * h + 5, 6)),
    ]);
    expect(lab.read(out)).toEqual(expected);
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
