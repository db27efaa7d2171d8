/** Attention of a single row over a cache of halves, or of integers, which it does not widen first. */
import { afterEach, describe, expect, it } from "vitest";
import { createBatch } from "../../../src/compute/batch.ts";
import { KvCache } from "../../../src/compute/memory/kv-cache.ts";
import { TestRandom } from "../../reference/random.ts";
import { attentionLayer, builds, Laboratory } from "../laboratory.ts";

describe.each(builds)("attention of a single row, %s build", (simd) => {
  let lab = new Laboratory(simd, 1);
  afterEach(() => {
    lab.close();
    lab = new Laboratory(simd, 1);
  });

  it.each([
    ["infinite keys and values", 1e6, 1],
    ["keys and values that are no normal halves", 1e-6, 1],
    ["queries that no power of two may scale up", 1, 1e6],
    ["queries without a number", 1, Number.NaN],
  ])("has the bits of several rows: %s", (_, factor, queryFactor) => {
    for (const nKvHead of [4, 2, 1]) {
      const heads = attentionLayer({ nHead: 4, nKvHead, headDim: 8, valueDim: 12 });
      const random = new TestRandom(15);
      const isQuery = (i: number) => i < 32;
      const scaled = (v: number, i: number) =>
        v * (isQuery(i) ? queryFactor : random.uniform() < 0.1 ? factor : 1);
      const qkv = random.matrix(70, 8 * (4 + nKvHead) + 12 * nKvHead).map((row) => row.map(scaled));
      const shape = { layers: [heads], types: { keys: "f16", values: "f16" } } as const;
      const cache = new KvCache(lab.runtime.memory, shape, 70);
      cache.grow(70);
      const batch = createBatch(lab.runtime, [{ cache, start: 0, ids: Array(70).fill(0) }]);
      lab.ops.storeKeysValues(lab.tensor(qkv), heads, batch);
      const out = lab.read(lab.ops.attention(lab.tensor(qkv), heads, batch));
      const alone = createBatch(lab.runtime, [{ cache, start: 69, ids: [0] }]);
      expect(lab.read(lab.ops.attention(lab.tensor(qkv.slice(69)), heads, alone))).toEqual(out.slice(69));
      cache.free();
    }
  });

  it.each(["q8_0", "q4_0"] as const)("has the bits of several rows over %s", (dtype) => {
    for (const nKvHead of [4, 2, 1]) {
      const heads = attentionLayer({ nHead: 4, nKvHead, headDim: 64, valueDim: 32 });
      const qkv = new TestRandom(16).matrix(70, 64 * (4 + nKvHead) + 32 * nKvHead);
      const shape = { layers: [heads], types: { keys: dtype, values: dtype } } as const;
      const cache = new KvCache(lab.runtime.memory, shape, 70);
      cache.grow(70);
      const batch = createBatch(lab.runtime, [{ cache, start: 0, ids: Array(70).fill(0) }]);
      lab.ops.storeKeysValues(lab.tensor(qkv), heads, batch);
      const out = lab.read(lab.ops.attention(lab.tensor(qkv), heads, batch));
      const alone = createBatch(lab.runtime, [{ cache, start: 69, ids: [0] }]);
      expect(lab.read(lab.ops.attention(lab.tensor(qkv.slice(69)), heads, alone))).toEqual(out.slice(69));
      cache.free();
    }
  });
});
