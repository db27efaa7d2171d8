import { afterEach, describe, expect, it } from "vitest";
import { createBatch } from "../../../src/compute/batch.ts";
import { BLOCK_POSITIONS } from "../../../src/compute/kernels/table.ts";
import { KvCache } from "../../../src/compute/memory/kv-cache.ts";
import { int8Rounded } from "../../../src/reference/quantized.ts";
import * as twin from "../../../src/reference/twins.ts";
import { TestRandom } from "../../reference/random.ts";
import { attentionLayer, builds, expectClose, Laboratory } from "../laboratory.ts";

describe.each(builds)("ops of attention, %s build", (simd) => {
  let lab = new Laboratory(simd, 1);
  /** Fills a cache with NaN: memory may hold anything before keys and values are stored. */
  function fillWithNaN({ table, length, layerOffsets }: KvCache): void {
    const { memory } = lab.runtime;
    for (const block of memory.u32(table, Math.ceil(length / BLOCK_POSITIONS))) {
      memory.bytes(block, layerOffsets.at(-1) ?? 0).fill(255);
    }
  }
  afterEach(() => {
    lab.close();
    lab = new Laboratory(simd, 1);
  });

  it.each([
    { nHead: 4, nKvHead: 4, headDim: 16, dtype: "f32" },
    { nHead: 6, nKvHead: 2, headDim: 8, dtype: "f32" },
    { nHead: 5, nKvHead: 5, headDim: 12, dtype: "f32" },
    { nHead: 2, nKvHead: 1, headDim: 7, dtype: "f32" },
    { nHead: 3, nKvHead: 1, headDim: 34, dtype: "f32" },
    { nHead: 10, nKvHead: 2, headDim: 20, dtype: "f32" },
    { nHead: 4, nKvHead: 4, headDim: 16, dtype: "int8" },
    { nHead: 10, nKvHead: 2, headDim: 48, dtype: "int8" },
  ] as const)(
    "attention over $dtype equals its twin with $nHead heads of $headDim over $nKvHead",
    (heads) => {
      const random = new TestRandom(10);
      const { nHead, nKvHead, headDim, dtype } = heads;
      const layer = attentionLayer(heads, 1);
      const [kept, tolerance] = dtype === "int8" ? [int8Rounded, 1e-4] : [(x: number[]) => x, 1e-5];
      const length = 71;
      const qkv = random.matrix(length, (nHead + 2 * nKvHead) * headDim);
      const cache = new KvCache(lab.runtime.memory, { layers: [heads, heads], dtype }, 100);
      cache.grow(length);
      fillWithNaN(cache);
      const batch = createBatch(lab.runtime, [{ cache, start: 0, ids: Array(length).fill(0) }]);
      const tensor = lab.tensor(qkv);
      lab.ops.storeKeysValues(tensor, layer, batch);
      const out = lab.read(lab.ops.attention(tensor, layer, batch));
      const head = (row: number[], h: number) => row.slice(h * headDim, (h + 1) * headDim);
      const expected = qkv.map((row, t) =>
        Array.from({ length: nHead }, (_, h) => {
          const kvHead = Math.floor(h / (nHead / nKvHead));
          const past = qkv.slice(0, t + 1);
          const keys = past.map((r) => kept(head(r, nHead + kvHead)));
          const values = past.map((r) => kept(head(r, nHead + nKvHead + kvHead)));
          return twin.attention(head(row, h), keys, values, 1 / Math.sqrt(headDim));
        }).flat(),
      );
      expectClose(out, expected, tolerance);

      // The same bits for a row alone, whose heads share loads, and beside rows of another sequence.
      const other = new KvCache(lab.runtime.memory, { layers: [heads, heads], dtype }, 100);
      other.grow(5);
      for (const t of [0, 31, 32, 70]) {
        const own = { cache, start: t, ids: [0] };
        const [row, alone] = [qkv[t] ?? [], createBatch(lab.runtime, [own])];
        expect(lab.read(lab.ops.attention(lab.tensor([row]), layer, alone))).toEqual([out[t]]);
        const beside = createBatch(lab.runtime, [{ cache: other, start: 3, ids: [0, 0] }, own]);
        const rows = lab.ops.attention(lab.tensor([row, row, row]), layer, beside);
        expect(lab.read(rows)[2]).toEqual(out[t]);
      }
      other.free();
      cache.free();
    },
  );

  it.each(["f32", "int8"] as const)(
    "attention over %s hands NaN on to the rows that see it, and to no other",
    (dtype) => {
      const heads = attentionLayer({ nHead: 1, nKvHead: 1, headDim: 16 });
      const qkv = new TestRandom(12).matrix(3, 48);
      for (const wrong of [20, 40]) {
        const cache = new KvCache(lab.runtime.memory, { layers: [heads], dtype }, 3);
        cache.grow(3);
        const batch = createBatch(lab.runtime, [{ cache, start: 0, ids: [0, 0, 0] }]);
        const tensor = lab.tensor(
          qkv.map((row, t) => row.map((v, i) => (t === 1 && i === wrong ? Number.NaN : v))),
        );
        lab.ops.storeKeysValues(tensor, heads, batch);
        const [before, at, after] = lab.read(lab.ops.attention(tensor, heads, batch));
        expect(before?.every(Number.isFinite)).toBe(true);
        for (const row of [at, after]) expect(row?.some(Number.isNaN)).toBe(true);
        cache.free();
      }
    },
  );

  it("rope turns query and key heads, or the first dimensions of each, and leaves values", () => {
    const random = new TestRandom(11);
    const sizes: [headDim: number, rotated: number][] = [
      ...([
        [2, 2],
        [6, 6],
        [8, 8],
        [14, 14],
      ] as [number, number][]),
      ...([
        [7, 2],
        [14, 6],
        [20, 10],
        [32, 24],
      ] as [number, number][]),
    ];
    for (const [headDim, rotated] of sizes) {
      const heads = attentionLayer({ nHead: 3, nKvHead: 2, headDim });
      const frequencies = Array.from({ length: rotated / 2 }, (_, i) => 1000 ** ((-2 * i) / rotated));
      const angles = Array.from({ length: 50 }, (_, p) => frequencies.map((f) => p * f));
      const table = {
        cos: lab.tensor(angles.map((row) => row.map(Math.cos))),
        sin: lab.tensor(angles.map((row) => row.map(Math.sin))),
      };
      const x = random.matrix(3, 7 * headDim);
      const tensor = lab.tensor(x);
      const cache = new KvCache(lab.runtime.memory, { layers: [heads] }, 50);
      const batch = createBatch(lab.runtime, [{ cache, start: 40, ids: [0, 0, 0] }]);
      lab.ops.rope(tensor, heads, table, batch);
      const expected = x.map((row, t) =>
        Array.from({ length: 7 }, (_, h) => row.slice(h * headDim, (h + 1) * headDim)).flatMap((head, h) =>
          h < 5 ? twin.rope(head, 40 + t, frequencies) : head,
        ),
      );
      expectClose(lab.read(tensor), expected, 1e-5);
      cache.free();
    }
  });
});
