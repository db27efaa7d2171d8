/** Keys and values that a cache stores as halves. */
import { expect, it } from "vitest";
import { toHalf } from "../../../src/checkpoint/half.ts";
import { createBatch } from "../../../src/compute/batch.ts";
import { KvCache } from "../../../src/compute/memory/kv-cache.ts";
import { attentionLayer, builds, Laboratory } from "../laboratory.ts";

const VALUES = [
  ...[0, -0, 1, -1 / 3, 65_504, 65_519.996, 65_520, -70_000, 3e38, Number.POSITIVE_INFINITY],
  ...[Number.NEGATIVE_INFINITY, Number.NaN, 2 ** -14, 2 ** -24, 2 ** -25, -3 * 2 ** -25, 1e-45, 1 + 2 ** -11],
  ...[1 + 3 * 2 ** -11, 2049, 2051],
];

it.each(builds)("are the nearest ones, in vectors and one by one, %s build", (simd) => {
  const lab = new Laboratory(simd, 1);
  const dim = VALUES.length; // two vectors of eight, and five
  const layer = attentionLayer({ nHead: 1, nKvHead: 1, headDim: dim, valueDim: dim });
  const cache = new KvCache(
    lab.runtime.memory,
    { layers: [layer], types: { keys: "f16", values: "f16" } },
    32,
  );
  cache.grow(dim);
  const batch = createBatch(lab.runtime, [{ cache, start: 0, ids: Array(dim).fill(0) }]);
  const turned = VALUES.map((_, row) => VALUES.map((_, i) => VALUES[(row + i) % dim] ?? 0));
  lab.ops.storeKeysValues(lab.tensor(turned.map((row) => [...row, ...row, ...row])), layer, batch);
  const table = lab.runtime.memory.u32(lab.runtime.memory.u32(batch.tables[0]?.ptr ?? 0, 1)[0] ?? 0, 1);
  const bytes = lab.runtime.memory.bytes(table[0] ?? 0, 32 * dim * 2 + 32 * 24 * 2);
  const halves = new Uint16Array(bytes.slice().buffer);
  turned.forEach((row, position) => {
    row.forEach((value, d) => {
      const expected = toHalf(Math.fround(value));
      expect(halves[d * 32 + position], `key ${value}`).toBe(expected);
      expect(halves[32 * dim + position * 24 + d], `value ${value}`).toBe(expected);
    });
  });
  cache.free();
  lab.close();
});
