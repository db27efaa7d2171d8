import { afterEach, describe, expect, it } from "vitest";
import { createBatch } from "../../../src/compute/batch.ts";
import { KvCache } from "../../../src/compute/memory/kv-cache.ts";
import { dropoutRule } from "../../../src/compute/training/dropout.ts";
import { GradientOps } from "../../../src/compute/training/gradient-ops.ts";
import { philox4x32 } from "../../../src/generate/sampling/random.ts";
import * as gradient from "../../../src/reference/gradients.ts";
import { at } from "../../../src/reference/twins.ts";
import { TestRandom } from "../../reference/random.ts";
import { attentionLayer, builds, expectClose, Laboratory } from "../laboratory.ts";

describe.each(builds)("gradients of ops, attention and dropout, %s build", (simd) => {
  let lab = new Laboratory(simd, 1);
  let ops = new GradientOps(lab.runtime, 1);
  afterEach(() => {
    lab.close();
    lab = new Laboratory(simd, 1);
    ops = new GradientOps(lab.runtime, 1);
  });

  it.each([
    [1, 1, 1, 4],
    [5, 5, 12, 31],
    [4, 2, 8, 33],
    [6, 2, 7, 70],
    [2, 1, 64, 129],
  ])(
    "of attention equal their twin: %i heads, %i of keys, of %i, %i positions",
    (nHead, nKvHead, headDim, length) => {
      const random = new TestRandom(nHead * length);
      const lengths = [length, 1, Math.ceil(length / 2)];
      const width = (nHead + 2 * nKvHead) * headDim;
      const rows = lengths.reduce((a, b) => a + b);
      const [qkv, dout] = [random.matrix(rows, width), random.matrix(rows, nHead * headDim)];
      const layer = attentionLayer({ nHead, nKvHead, headDim });
      const { batch, close } = batchOf(lengths, { nKvHead, headDim });
      for (const rate of [0, 0.4]) {
        const pass = { rate, seed: 3, step: 5, pass: 1 };
        const rule = rate > 0 ? dropoutRule(lab.runtime, pass, 7) : undefined;
        const dqkv = lab.tensor(qkv);
        ops.attention(dqkv, lab.tensor(dout), lab.tensor(qkv), layer, batch, rule);
        const expected = attentionTwin(qkv, dout, lengths, { nHead, nKvHead, headDim }, pass);
        expectClose(lab.read(dqkv), expected, 2e-5);
      }
      close();
    },
  );

  it("attention drops the weights that its gradient drops", () => {
    const random = new TestRandom(8);
    const [nHead, headDim, length] = [3, 8, 37];
    const heads = attentionLayer({ nHead, nKvHead: nHead, headDim });
    const { batch, close } = batchOf([length], heads);
    const qkv = random.matrix(length, 3 * nHead * headDim);
    // Values that are all one: the output is the sum of the weights that were kept.
    const ones = lab.tensor(qkv.map((row) => row.map((v, i) => (i >= 2 * nHead * headDim ? 1 : v))));
    const pass = { rate: 0.5, seed: 1, step: 2, pass: 3 };
    lab.ops.storeKeysValues(ones, heads, batch);
    const dropout = dropoutRule(lab.runtime, pass, 4);
    const out = lab.read(lab.ops.attention(ones, heads, batch, { dropout }));
    const [first = []] = out;
    const kept = (h: number) => keepFactor(pass, 4, h * length, 0);
    expectClose(
      [first],
      [Array.from({ length: nHead * headDim }, (_, i) => kept(Math.floor(i / headDim)))],
      1e-6,
    );
    const sums = out.slice(8).flat();
    expect(sums.reduce((a, b) => a + b) / sums.length).toBeCloseTo(1, 1);
    close();
  });

  function batchOf(lengths: number[], heads: { nKvHead: number; headDim: number }) {
    const caches = lengths.map((length) => {
      const cache = new KvCache(lab.runtime.memory, { layers: [heads] }, length);
      cache.grow(length);
      return cache;
    });
    const segments = caches.map((cache, i) => ({
      cache,
      start: 0,
      ids: Array<number>(lengths[i] ?? 0).fill(0),
    }));
    return {
      batch: createBatch(lab.runtime, segments),
      close: () => {
        for (const cache of caches) cache.free();
      },
    };
  }

  it("dropout follows its rule, the same in every slice", () => {
    const pass = { rate: 0.3, seed: 9, step: 11, pass: 13 };
    const x = lab.tensor([Array<number>(1001).fill(2)]);
    ops.dropout(x, dropoutRule(lab.runtime, pass, 17));
    const expected = Array.from({ length: 1001 }, (_, i) =>
      Math.fround(2 * Math.fround(keepFactor(pass, 17, 0, i))),
    );
    expect(lab.read(x)).toEqual([expected]);
    expect(expected.filter((v) => v === 0).length / 1001).toBeCloseTo(0.3, 1);
  });
});

/** Factor of dropout for element `i` of a row. */
function keepFactor(
  { rate, seed, step, pass }: { rate: number; seed: number; step: number; pass: number },
  site: number,
  row: number,
  i: number,
): number {
  if (rate === 0) return 1;
  const words = philox4x32([Math.floor(i / 4), row, site, pass], [seed, step]);
  return at([...words], i % 4) < Math.floor(rate * 2 ** 32) ? 0 : 1 / (1 - rate);
}

function attentionTwin(
  qkv: number[][],
  dout: number[][],
  lengths: number[],
  { nHead, nKvHead, headDim }: { nHead: number; nKvHead: number; headDim: number },
  pass: { rate: number; seed: number; step: number; pass: number },
): number[][] {
  const expected = qkv.map((row) => row.map(() => 0));
  let first = 0;
  for (const length of lengths) {
    const part = (rows: number[][], head: number) =>
      rows.slice(first, first + length).map((row) => row.slice(head * headDim, (head + 1) * headDim));
    for (let h = 0; h < nHead; h++) {
      const kvHead = Math.floor((h * nKvHead) / nHead);
      const places = [h, nHead + kvHead, nHead + nKvHead + kvHead];
      const [q = [], k = [], v = []] = places.map((head) => part(qkv, head));
      const keep = q.map((_, i) => k.map((_, j) => keepFactor(pass, 7, h * qkv.length + first + i, j)));
      const { dq, dk, dv } = gradient.attention(q, k, v, 1 / Math.sqrt(headDim), part(dout, h), keep);
      for (const [part, rows] of [dq, dk, dv].entries()) {
        for (const [t, values] of rows.entries()) {
          const row = expected[first + t] ?? [];
          for (const [d, value] of values.entries()) {
            const place = (places[part] ?? 0) * headDim + d;
            row[place] = at(row, place) + value;
          }
        }
      }
    }
    first += length;
  }
  return expected;
}
