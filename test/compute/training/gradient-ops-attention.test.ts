import { afterEach, describe, expect, it } from "vitest";
import { createBatch } from "../../../src/compute/batch.ts";
import { KvCache } from "../../../src/compute/memory/kv-cache.ts";
import type { KvHeads } from "../../../src/compute/memory/kv-shape.ts";
import { type AttentionLayer, CAUSAL, type Heads } from "../../../src/compute/ops/attention-layers.ts";
import { dropoutRule } from "../../../src/compute/training/dropout.ts";
import { GradientOps } from "../../../src/compute/training/gradient-ops.ts";
import { philox4x32 } from "../../../src/generate/sampling/random.ts";
import { type AttentionRules, attentionGradient } from "../../../src/reference/attention.ts";
import { at } from "../../../src/reference/twins.ts";
import { TestRandom } from "../../reference/random.ts";
import { drawNumbers, rules, twinRules } from "../attention-rules.ts";
import { attentionLayer, builds, expectClose, Laboratory } from "../laboratory.ts";

describe.each(builds)("gradients of ops, attention and dropout, %s build", (simd) => {
  let lab = new Laboratory(simd, 1);
  let ops = new GradientOps(lab.runtime, 1);
  afterEach(() => {
    lab.close();
    lab = new Laboratory(simd, 1);
    ops = new GradientOps(lab.runtime, 1);
  });

  describe.each([
    { nHead: 1, nKvHead: 1, headDim: 1, valueDim: 1, length: 4 },
    { nHead: 5, nKvHead: 5, headDim: 12, valueDim: 5, length: 31 },
    { nHead: 4, nKvHead: 2, headDim: 8, valueDim: 12, length: 33 },
    { nHead: 6, nKvHead: 2, headDim: 7, valueDim: 7, length: 70 },
    { nHead: 2, nKvHead: 1, headDim: 64, valueDim: 64, length: 129 },
  ])(
    "of attention: $nHead heads, $nKvHead of keys, of $headDim and $valueDim, $length positions",
    ({ length, ...heads }) => {
      it.each(rules)("equal their twin: %o", async (rule) => {
        const { reach = CAUSAL, softCap, ...has } = rule;
        const { nHead, nKvHead, headDim, valueDim } = heads;
        const random = new TestRandom(nHead * length);
        const lengths = [length, 1, Math.ceil(length / 2)];
        const width = nHead * headDim + nKvHead * (headDim + valueDim);
        const rows = lengths.reduce((a, b) => a + b);
        const [qkv, dout] = [random.matrix(rows, width), random.matrix(rows, nHead * valueDim)];
        const numbers = drawNumbers(random, nHead);
        const { slopes, sinks, table } = numbers;
        const layer: AttentionLayer = {
          ...attentionLayer(heads),
          reach,
          softCap,
          slopes: has.slopes && (await lab.vector(slopes)),
          sinks: has.sinks && (await lab.vector(sinks)),
        };
        const { batch, close } = batchOf(lengths, heads);
        for (const rate of [0, 0.4]) {
          const pass = { rate, seed: 3, step: 5, pass: 1 };
          const dropout = rate > 0 ? dropoutRule(lab.runtime, pass, 7) : undefined;
          const dqkv = lab.tensor(qkv);
          const [bias, dbias] = [has.bias && lab.tensor(table), lab.tensor(table)];
          const dsinks = lab.tensor([sinks]);
          const parts = {
            bias,
            dbias: has.bias && dbias,
            dsinks: has.sinks ? dsinks.ptr : 0,
            dropout,
          };
          ops.attention(dqkv, lab.tensor(dout), lab.tensor(qkv), layer, batch, parts);
          const expected = attentionTwin(
            qkv,
            dout,
            lengths,
            heads,
            pass,
            twinRules(rule, numbers, layer.scale),
          );
          expectClose(lab.read(dqkv), expected.dqkv, 3e-5);
          if (has.sinks) {
            expectClose(lab.read(dsinks), [expected.dsinks.map((d, h) => d + (sinks[h] ?? 0))], 1e-4);
          }
          if (has.bias) {
            const sums = table.map((row, i) => row.map((v, h) => v + (expected.dbias[i]?.[h] ?? 0)));
            expectClose(lab.read(dbias), sums, 1e-4);
          }
        }
        close();
      });
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
    const out = lab.read(lab.ops.attention(ones, heads, batch, undefined, { dropout }));
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

  function batchOf(lengths: number[], heads: KvHeads) {
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

/** Gradients of rows, of sinks [heads] and of biases of the distances -5 to 5, by head. */
function attentionTwin(
  qkv: number[][],
  dout: number[][],
  lengths: number[],
  { nHead, nKvHead, headDim, valueDim }: Heads,
  pass: { rate: number; seed: number; step: number; pass: number },
  rulesOf: (head: number) => AttentionRules,
) {
  const dqkv = qkv.map((row) => row.map(() => 0));
  const dsinks = Array<number>(nHead).fill(0);
  const dbias = Array.from({ length: 11 }, () => Array<number>(nHead).fill(0));
  let first = 0;
  for (const length of lengths) {
    const part = (rows: number[][], begin: number, width: number) =>
      rows.slice(first, first + length).map((row) => row.slice(begin, begin + width));
    for (let h = 0; h < nHead; h++) {
      const kvHead = Math.floor((h * nKvHead) / nHead);
      const begins = [
        h * headDim,
        (nHead + kvHead) * headDim,
        (nHead + nKvHead) * headDim + kvHead * valueDim,
      ];
      const widths = [headDim, headDim, valueDim];
      const [q = [], k = [], v = []] = begins.map((begin, i) => part(qkv, begin, widths[i] ?? 0));
      const keep = q.map((_, i) => k.map((_, j) => keepFactor(pass, 7, h * qkv.length + first + i, j)));
      const own = attentionGradient(q, k, v, { ...rulesOf(h), keep }, part(dout, h * valueDim, valueDim));
      for (const [part, rows] of [own.dq, own.dk, own.dv].entries()) {
        for (const [t, values] of rows.entries()) {
          const row = dqkv[first + t] ?? [];
          for (const [d, value] of values.entries()) {
            const place = (begins[part] ?? 0) + d;
            row[place] = at(row, place) + value;
          }
        }
      }
      dsinks[h] = at(dsinks, h) + own.dsink;
      for (const [distance, slope] of own.dbias) {
        const row = dbias[Math.max(-5, Math.min(5, distance)) + 5] ?? [];
        row[h] = at(row, h) + slope;
      }
    }
    first += length;
  }
  return { dqkv, dsinks, dbias };
}
