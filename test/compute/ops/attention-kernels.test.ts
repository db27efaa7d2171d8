import { afterEach, describe, expect, it } from "vitest";
import { createBatch, createCrossBatch } from "../../../src/compute/batch.ts";
import { BLOCK_POSITIONS } from "../../../src/compute/kernels/table.ts";
import { KvCache } from "../../../src/compute/memory/kv-cache.ts";
import { kvBlockBytes } from "../../../src/compute/memory/kv-shape.ts";
import { KV_DTYPES, type KvTypes } from "../../../src/compute/memory/kv-types.ts";
import {
  type AttentionLayer,
  CAUSAL,
  type Heads,
  NO_BOUND,
} from "../../../src/compute/ops/attention-layers.ts";
import type { Tensor } from "../../../src/compute/tensor.ts";
import { type AttentionRules, attendRow, sees } from "../../../src/reference/attention.ts";
import { keptAs } from "../../../src/reference/kv-cache.ts";
import * as twin from "../../../src/reference/twins.ts";
import { TestRandom } from "../../reference/random.ts";
import { cut, drawNumbers, rules, twinRules } from "../attention-rules.ts";
import { attentionLayer, builds, expectClose, Laboratory } from "../laboratory.ts";

describe.each(builds)("ops of attention, %s build", (simd) => {
  let lab = new Laboratory(simd, 1);
  /** Fills a cache with NaN: memory may hold anything before keys and values are stored. */
  function fillWithNaN({ tables, length, shape }: KvCache): void {
    const { memory } = lab.runtime;
    for (const block of memory.u32(tables[0] as number, Math.ceil(length / BLOCK_POSITIONS))) {
      memory.bytes(block, kvBlockBytes(shape)).fill(255);
    }
  }
  afterEach(() => {
    lab.close();
    lab = new Laboratory(simd, 1);
  });

  /** Attention of the rows of one sequence by the twin. */
  function twinOf(
    qkv: number[][],
    heads: Heads & KvTypes,
    rulesOf: (head: number) => AttentionRules,
  ): number[][] {
    const rows = qkv.map((row) => cut(row, heads));
    const stored = Array.from({ length: heads.nKvHead }, (_, kvHead) => ({
      keys: rows.map(({ keys }) => keptAs(heads.keys, keys[kvHead] ?? [])),
      values: rows.map(({ values }) => keptAs(heads.values, values[kvHead] ?? [])),
    }));
    return rows.map(({ queries }, t) =>
      queries.flatMap((query, h) => {
        const { keys = [], values = [] } = stored[Math.floor((h * heads.nKvHead) / heads.nHead)] ?? {};
        return attendRow(query, keys, values, t, rulesOf(h));
      }),
    );
  }

  const widthOf = ({ nHead, nKvHead, headDim, valueDim }: Heads): number =>
    (nHead + nKvHead) * headDim + nKvHead * valueDim;

  const shapes = [
    { nHead: 4, nKvHead: 4, headDim: 16, valueDim: 16, keys: "f32", values: "f32" },
    { nHead: 6, nKvHead: 2, headDim: 8, valueDim: 12, keys: "f32", values: "f32" },
    { nHead: 5, nKvHead: 5, headDim: 12, valueDim: 5, keys: "f32", values: "f32" },
    { nHead: 2, nKvHead: 1, headDim: 7, valueDim: 7, keys: "f32", values: "f32" },
    { nHead: 3, nKvHead: 1, headDim: 34, valueDim: 34, keys: "f32", values: "f32" },
    { nHead: 10, nKvHead: 2, headDim: 20, valueDim: 33, keys: "f32", values: "f32" },
    { nHead: 5, nKvHead: 5, headDim: 12, valueDim: 5, keys: "f16", values: "f16" },
    { nHead: 10, nKvHead: 2, headDim: 7, valueDim: 33, keys: "f16", values: "f16" },
    { nHead: 4, nKvHead: 2, headDim: 33, valueDim: 37, keys: "f16", values: "f16" },
    { nHead: 10, nKvHead: 2, headDim: 64, valueDim: 32, keys: "q8_0", values: "q8_0" },
    { nHead: 4, nKvHead: 4, headDim: 32, valueDim: 96, keys: "q4_0", values: "q4_0" },
    { nHead: 6, nKvHead: 2, headDim: 32, valueDim: 20, keys: "q8_0", values: "f16" },
    { nHead: 2, nKvHead: 1, headDim: 20, valueDim: 64, keys: "f32", values: "q4_0" },
  ] as const;
  describe.each(shapes)(
    "attention over $keys and $values with $nHead heads of $headDim and $valueDim over $nKvHead",
    (heads) => {
      it.each(rules)("equals its twin: %o", async (rule) => {
        const { reach = CAUSAL, softCap, ...has } = rule;
        const random = new TestRandom(10);
        const { nHead } = heads;
        const numbers = drawNumbers(random, nHead);
        const { slopes, sinks, table } = numbers;
        const layer: AttentionLayer = {
          ...attentionLayer(heads, 1),
          reach,
          softCap,
          slopes: has.slopes && (await lab.vector(slopes)),
          sinks: has.sinks && (await lab.vector(sinks)),
        };
        const bias = has.bias && lab.tensor(table);
        const length = 71;
        const qkv = random.matrix(length, widthOf(heads));
        const cache = new KvCache(lab.runtime.memory, { layers: [heads, heads], types: heads }, 100);
        cache.grow(length);
        fillWithNaN(cache);
        const batch = createBatch(lab.runtime, [{ cache, start: 0, ids: Array(length).fill(0) }]);
        const tensor = lab.tensor(qkv);
        lab.ops.storeKeysValues(tensor, layer, batch);
        const out = lab.read(lab.ops.attention(tensor, layer, batch, bias));
        const expected = twinOf(qkv, heads, twinRules(rule, numbers, layer.scale));
        expectClose(out, expected, 1e-5);

        // The same bits where the weights are seen.
        let seen: number[] = [];
        const see = (weights: Tensor) => {
          seen = [...lab.ops.read(weights)];
        };
        expect(lab.read(lab.ops.attention(tensor, layer, batch, bias, { see }))).toEqual(out);
        const isSeen = (item: number) => sees(Math.floor(item / length / nHead), item % length, reach);
        expect(seen.filter((weight, item) => weight !== 0 && !isSeen(item))).toEqual([]);

        // The same bits for a row alone, whose heads share loads, and beside rows of another sequence.
        if (reach.future === 0) {
          const other = new KvCache(lab.runtime.memory, { layers: [heads, heads], types: heads }, 100);
          other.grow(5);
          for (const t of [0, 31, 32, 70]) {
            const own = { cache, start: t, ids: [0] };
            const [row, alone] = [qkv[t] ?? [], createBatch(lab.runtime, [own])];
            expect(lab.read(lab.ops.attention(lab.tensor([row]), layer, alone, bias))).toEqual([out[t]]);
            const beside = createBatch(lab.runtime, [{ cache: other, start: 3, ids: [0, 0] }, own]);
            const rows = lab.ops.attention(lab.tensor([row, row, row]), layer, beside, bias);
            expect(lab.read(rows)[2]).toEqual(out[t]);
          }
          other.free();
        }
        cache.free();
      });
    },
  );

  it("rows of one sequence read the keys and values of another", () => {
    const random = new TestRandom(14);
    const heads = { nHead: 4, nKvHead: 2, headDim: 8, valueDim: 12 };
    const stored = attentionLayer({ ...heads, nHead: 0 });
    const layer: AttentionLayer = {
      ...attentionLayer(heads),
      queriesOnly: true,
      reach: { ...CAUSAL, future: NO_BOUND },
    };
    const lengths = [37, 3];
    const caches = lengths.map((length) => new KvCache(lab.runtime.memory, { layers: [stored] }, length));
    for (const [i, cache] of caches.entries()) cache.grow(lengths[i] ?? 0);
    const idsOf = (length: number) => Array<number>(length).fill(0);
    const kv = random.matrix(40, widthOf(stored));
    const segments = caches.map((cache) => ({ cache, start: 0, ids: idsOf(cache.length) }));
    lab.ops.storeKeysValues(lab.tensor(kv), stored, createBatch(lab.runtime, segments));
    const counts = [6, 2];
    const queries = random.matrix(8, heads.nHead * heads.headDim);
    const own = createBatch(
      lab.runtime,
      caches.map((cache, i) => ({ cache, start: 50, ids: idsOf(counts[i] ?? 0) })),
    );
    const batch = createCrossBatch(lab.runtime, own, caches);
    const out = lab.read(lab.ops.attention(lab.tensor(queries), layer, batch));
    const expected = queries.map((row, t) => {
      const keys = t < 6 ? kv.slice(0, 37) : kv.slice(37);
      return cut(row, { ...heads, nKvHead: 0 }).queries.flatMap((query, h) => {
        const of = (part: "keys" | "values") =>
          keys.map((row) => cut(row, stored)[part][Math.floor(h / 2)] ?? []);
        return attendRow(query, of("keys"), of("values"), 50, { scale: layer.scale, reach: layer.reach });
      });
    });
    expectClose(out, expected, 1e-5);
    for (const cache of caches) cache.free();
  });

  it.each(KV_DTYPES)("attention over %s hands NaN on to the rows that see it, and to no other", (dtype) => {
    const heads = attentionLayer({ nHead: 1, nKvHead: 1, headDim: 32 });
    const qkv = new TestRandom(12).matrix(3, 96);
    for (const wrong of [40, 80]) {
      const cache = new KvCache(
        lab.runtime.memory,
        { layers: [heads], types: { keys: dtype, values: dtype } },
        3,
      );
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
  });

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
