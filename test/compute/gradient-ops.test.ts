import { afterEach, describe, expect, it } from "vitest";
import { createBatch } from "../../src/compute/batch.ts";
import { dropoutRule } from "../../src/compute/dropout.ts";
import { GradientOps, NO_TARGET } from "../../src/compute/gradient-ops.ts";
import { KvCache } from "../../src/compute/kv-cache.ts";
import { OptimizerOps } from "../../src/compute/optimizer-ops.ts";
import type { Matrix } from "../../src/compute/tensor.ts";
import { philox4x32 } from "../../src/generate/random.ts";
import * as gradient from "../../src/reference/gradients.ts";
import { at, silu } from "../../src/reference/twins.ts";
import { TestRandom } from "../reference/random.ts";
import { builds, Laboratory } from "./laboratory.ts";

/** Sizes that are and are not multiples of the kernels' vectors, panels and tiles. */
const sizes = [1, 3, 4, 7, 8, 12, 31, 32, 60, 131];

function expectClose(actual: number[][], expected: number[][], tolerance: number): void {
  expect(actual.length).toBe(expected.length);
  for (const [row, values] of expected.entries()) {
    expect(actual[row]?.length).toBe(values.length);
    for (const [i, value] of values.entries()) {
      const error = Math.abs((actual[row]?.[i] ?? Number.NaN) - value);
      if (!(error <= tolerance * Math.max(1, Math.abs(value))))
        expect.fail(`[${row}][${i}]: ${actual[row]?.[i]} for ${value}`);
    }
  }
}

const plus = (a: number[][], b: number[][]) => a.map((row, i) => row.map((v, j) => v + at(b[i] ?? [], j)));
const column = (values: number[]) => values.map((v) => [v]);

describe.each(builds)("gradients of ops, %s build", (simd) => {
  let lab = new Laboratory(simd, 1);
  let ops = new GradientOps(lab.runtime, 1);
  afterEach(() => {
    lab.close();
    lab = new Laboratory(simd, 1);
    ops = new GradientOps(lab.runtime, 1);
  });

  it("of linear equal their twin for every size, and add to what is there", async () => {
    const random = new TestRandom(1);
    for (const inputs of sizes) {
      for (const outputs of sizes) {
        const rows = 1 + random.integer(9);
        const [x, w, dy] = [
          random.matrix(rows, inputs),
          random.matrix(outputs, inputs),
          random.matrix(rows, outputs),
        ];
        const [startW, startB] = [random.matrix(outputs, inputs), random.matrix(outputs, 1)];
        const [dw, db] = [await lab.matrix(startW), await lab.matrix(startB)];
        const [tx, tdy, dx] = [lab.tensor(x), lab.tensor(dy), lab.tensor(x)];
        ops.linearWeights({ weight: dw.ptr, bias: db.ptr }, tdy, tx);
        ops.linearInput(dx, tdy, await lab.matrix(w));
        const expected = gradient.matmul(x, w, dy);
        expectClose(lab.read(dx), expected.dx, 2e-5);
        expectClose(lab.unpack(dw), plus(startW, expected.dw), 1e-5);
        expectClose(lab.unpack(db), plus(startB, column(expected.db)), 1e-5);
        expect(padding(dw)).toEqual(padding(dw).map(() => 0));
      }
    }
  });

  it("of linear sum stretches of many outputs and many rows", async () => {
    const random = new TestRandom(2);
    const [rows, inputs, outputs] = [1100, 9, 1300];
    const [x, w, dy] = [
      random.matrix(rows, inputs),
      random.matrix(outputs, inputs),
      random.matrix(rows, outputs),
    ];
    const dw = await lab.matrix(w.map((row) => row.map(() => 0)));
    const [tx, tdy, dx] = [lab.tensor(x), lab.tensor(dy), lab.tensor(x)];
    ops.linearWeights({ weight: dw.ptr, bias: 0 }, tdy, tx);
    ops.linearInput(dx, tdy, await lab.matrix(w));
    const expected = gradient.matmul(x, w, dy);
    expectClose(lab.read(dx), expected.dx, 2e-4);
    expectClose(lab.unpack(dw), expected.dw, 2e-4);
  });

  /** The outputs that only fill the last panel. */
  function padding({ outputs, inputs, ptr }: Matrix): number[] {
    const all = Array.from(lab.runtime.memory.f32(ptr, Math.ceil(outputs / 8) * 8 * inputs));
    return all.filter((_, i) => Math.floor(i / (8 * inputs)) * 8 + (i % 8) >= outputs);
  }

  it("of the lookup add up in the rows that were looked up", async () => {
    const random = new TestRandom(3);
    const start = random.matrix(131, 60);
    const dx = random.matrix(6, 60);
    const ids = [130, 0, 7, 8, 64, 7];
    const table = await lab.matrix(start);
    ops.embedding(table.ptr, lab.tensor(dx), lab.indices(ids));
    const expected = start.map((row, id) =>
      row.map((v, i) => ids.reduce((sum, other, t) => sum + (other === id ? at(dx[t] ?? [], i) : 0), v)),
    );
    expectClose(lab.unpack(table), expected, 1e-6);
  });

  it("of layer norm and RMS norm equal their twin", async () => {
    const random = new TestRandom(4);
    for (const width of sizes.filter((n) => n > 1)) {
      for (const centred of [true, false]) {
        const x = random.matrix(5, width).map((row) => row.map((v) => 3 * v + 1));
        const [weight, dy] = [random.vector(width), random.matrix(5, width)];
        const [dw, db] = [
          await lab.matrix(random.matrix(width, 1)),
          await lab.matrix(random.matrix(width, 1)),
        ];
        const [startW, startB] = [lab.unpack(dw), lab.unpack(db)];
        const at = { rows: 5, width, groupSize: 1, groupStride: width, offset: 0 };
        const g = lab.tensor(dy);
        const targets = { weight: dw.ptr, bias: centred ? db.ptr : 0 };
        ops.norm(g, lab.tensor(x), await lab.vector(weight), targets, at, 1e-5, centred);
        const expected = gradient.norm(x, weight, 1e-5, centred, dy);
        expectClose(lab.read(g), expected.dx, 2e-5);
        expectClose(lab.unpack(dw), plus(startW, column(expected.dw)), 1e-5);
        expectClose(lab.unpack(db), centred ? plus(startB, column(expected.db)) : startB, 1e-5);
      }
    }
  });

  it("of RMS norm work on heads inside wider rows", async () => {
    const random = new TestRandom(5);
    const [headDim, heads, first, count] = [6, 5, 1, 3];
    const [x, dy] = [random.matrix(4, heads * headDim), random.matrix(4, heads * headDim)];
    const weight = random.vector(headDim);
    const dw = await lab.matrix(weight.map(() => [0]));
    const at = {
      rows: 4 * count,
      width: headDim,
      groupSize: count,
      groupStride: heads * headDim,
      offset: first * headDim,
    };
    const g = lab.tensor(dy);
    ops.norm(g, lab.tensor(x), await lab.vector(weight), { weight: dw.ptr, bias: 0 }, at, 1e-6, false);
    const chosen = (rows: number[][]) =>
      rows.flatMap((row) =>
        Array.from({ length: count }, (_, h) => row.slice((first + h) * headDim, (first + h + 1) * headDim)),
      );
    const expected = gradient.norm(chosen(x), weight, 1e-6, false, chosen(dy));
    expectClose(chosen(lab.read(g)), expected.dx, 1e-5);
    expectClose(lab.unpack(dw), column(expected.dw), 1e-5);
    const others = (rows: number[][]) =>
      rows.map((row) => [...row.slice(0, headDim), ...row.slice(4 * headDim)]);
    expect(others(lab.read(g))).toEqual(others(dy.map((row) => row.map(Math.fround))));
  });

  it.each([
    ["gelu_tanh", gradient.geluTanhSlope],
    ["gelu_erf", gradient.geluErfSlope],
    ["silu", gradient.siluSlope],
  ] as const)("of %s equal its slope", (activation, slope) => {
    const x = Array.from({ length: 161 }, (_, i) => (i - 80) / 16);
    const dy = new TestRandom(6).vector(x.length);
    const g = lab.tensor([dy]);
    ops.activation(activation, g, lab.tensor([x]));
    expectClose(lab.read(g), [x.map((v, i) => slope(v) * at(dy, i))], 2e-6);
  });

  it("of SwiGLU go to gate and up", () => {
    const random = new TestRandom(7);
    for (const width of sizes) {
      const [x, dy] = [random.matrix(3, 2 * width), random.matrix(3, width)];
      const dx = lab.tensor(x);
      ops.swiglu(dx, lab.tensor(dy), lab.tensor(x));
      const expected = x.map((row, t) =>
        row.map((v, i) => {
          const g = at(dy[t] ?? [], i % width);
          return i < width ? g * at(row, width + i) * gradient.siluSlope(v) : g * silu(at(row, i - width));
        }),
      );
      expectClose(lab.read(dx), expected, 3e-6);
    }
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
      const { batch, close } = batchOf(lengths, { nKvHead, headDim });
      for (const rate of [0, 0.4]) {
        const pass = { rate, seed: 3, step: 5, pass: 1 };
        const rule = rate > 0 ? dropoutRule(lab.runtime, pass, 7) : undefined;
        const dqkv = lab.tensor(qkv);
        ops.attention(dqkv, lab.tensor(dout), lab.tensor(qkv), batch, { nHead, nKvHead, headDim }, rule);
        const expected = attentionTwin(qkv, dout, lengths, { nHead, nKvHead, headDim }, pass);
        expectClose(lab.read(dqkv), expected, 2e-5);
      }
      close();
    },
  );

  it("attention drops the weights that its gradient drops", () => {
    const random = new TestRandom(8);
    const [nHead, headDim, length] = [3, 8, 37];
    const heads = { nHead, nKvHead: nHead, headDim };
    const { batch, close } = batchOf([length], heads);
    const qkv = random.matrix(length, 3 * nHead * headDim);
    // Values that are all one: the output is the sum of the weights that were kept.
    const ones = lab.tensor(qkv.map((row) => row.map((v, i) => (i >= 2 * nHead * headDim ? 1 : v))));
    const pass = { rate: 0.5, seed: 1, step: 2, pass: 3 };
    lab.ops.storeKeysValues(ones, batch, 0, heads);
    const out = lab.read(lab.ops.attention(ones, batch, 0, heads, dropoutRule(lab.runtime, pass, 4)));
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
      const cache = new KvCache(lab.runtime.memory, { nLayer: 1, ...heads }, length);
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

  it("dropout drops what its rule says, the same in every slice", () => {
    const pass = { rate: 0.3, seed: 9, step: 11, pass: 13 };
    const x = lab.tensor([Array<number>(1001).fill(2)]);
    ops.dropout(x, dropoutRule(lab.runtime, pass, 17));
    const expected = Array.from({ length: 1001 }, (_, i) =>
      Math.fround(2 * Math.fround(keepFactor(pass, 17, 0, i))),
    );
    expect(lab.read(x)).toEqual([expected]);
    expect(expected.filter((v) => v === 0).length / 1001).toBeCloseTo(0.3, 1);
  });

  it.each([0, 0.1])("of cross-entropy equal their twin, label smoothing %d", (smoothing) => {
    const random = new TestRandom(10);
    for (const width of sizes) {
      const x = random.matrix(6, width).map((row) => row.map((v) => 5 * v));
      const targets = x.map((_, t) => (t === 2 ? -1 : random.integer(width)));
      const logits = lab.tensor(x);
      const classes = targets.map((target) => (target < 0 ? NO_TARGET : target));
      const losses = ops.crossEntropy(logits, classes, smoothing, 0.25);
      const expected = gradient.crossEntropy(x, targets, smoothing);
      expectClose([[...losses]], [expected.losses], 1e-5);
      expectClose(
        lab.read(logits),
        expected.gradient.map((row) => row.map((v) => 0.25 * v)),
        1e-6,
      );
    }
  });

  it("cross-entropy stays finite where a target is as good as impossible", () => {
    const logits = lab.tensor([[1000, -1000, 0]]);
    const losses = ops.crossEntropy(logits, [1], 0, 1);
    expect([...losses]).toEqual([2000]);
    expectClose(lab.read(logits), [[1, -1, 0]], 1e-6);
  });

  it("AdamW equals its twin over steps, and clears the gradient", async () => {
    const random = new TestRandom(11);
    const optimizer = new OptimizerOps(lab.runtime, 1);
    const [shape, betas] = [
      [13, 3],
      [0.9, 0.95],
    ] as const;
    const start = random.matrix(...shape);
    const zeros = start.map((row) => row.map(() => 0));
    const [value, g, m, v] = [
      await lab.matrix(start),
      await lab.matrix(zeros),
      await lab.matrix(zeros),
      await lab.matrix(zeros),
    ];
    let expected = start.flat().map((p) => ({ p, g: 0, m: 0, v: 0 }));
    for (let t = 1; t <= 5; t++) {
      const grad = random.matrix(...shape);
      const source = await lab.matrix(grad);
      lab.runtime.memory.f32(g.ptr, 16 * 3).set(lab.runtime.memory.f32(source.ptr, 16 * 3));
      const norm = Math.sqrt(optimizer.sumSquares(g));
      expect(norm).toBeCloseTo(Math.sqrt(grad.flat().reduce((sum, e) => sum + e * e, 0)), 4);
      const factors = { clip: 1 / norm, keep: 1 - 0.01 * 0.1, betas, epsilon: 1e-8 };
      const corrections = { stepSize: 0.01 / (1 - 0.9 ** t), rootScale: 1 / Math.sqrt(1 - 0.95 ** t) };
      optimizer.adamW({ value, gradient: g, moments: [m, v] }, { ...factors, ...corrections });
      expected = expected.map((s, i) => ({
        ...gradient.adamW({ ...s, g: at(grad.flat(), i) / norm }, t, 0.01, betas, 1e-8, 0.1),
        g: 0,
      }));
    }
    expectClose([lab.unpack(value).flat()], [expected.map(({ p }) => p)], 1e-6);
    expectClose([lab.unpack(m).flat()], [expected.map(({ m }) => m)], 1e-6);
    expectClose([lab.unpack(v).flat()], [expected.map(({ v }) => v)], 1e-6);
    expect(lab.unpack(g).flat()).toEqual(expected.map(() => 0));
  });

  it("sums of squares are the same in every slice, past whole blocks", async () => {
    const values = new TestRandom(12).vector(9001);
    const optimizer = new OptimizerOps(lab.runtime, 1);
    const expected = values.reduce((sum, v) => sum + v * v, 0);
    expect(optimizer.sumSquares(await lab.matrix(column(values))) / expected).toBeCloseTo(1, 5);
  });
});

/** What dropout multiplies element `i` of a row by. */
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
