import { afterEach, describe, expect, it } from "vitest";
import { createBatch } from "../../src/compute/batch.ts";
import { BLOCK_POSITIONS, KvCache, layerBytes } from "../../src/compute/kv-cache.ts";
import { int8Rounded } from "../../src/reference/quantized.ts";
import * as twin from "../../src/reference/twins.ts";
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

describe.each(builds)("ops, %s build", (simd) => {
  let lab = new Laboratory(simd, 1);
  /** What memory may hold where nothing was stored yet. */
  function fillWithNaN({ table, length, shape }: KvCache): void {
    const { memory } = lab.runtime;
    for (const block of memory.u32(table, Math.ceil(length / BLOCK_POSITIONS))) {
      memory.bytes(block, shape.nLayer * layerBytes(shape)).fill(255);
    }
  }
  afterEach(() => {
    lab.close();
    lab = new Laboratory(simd, 1);
  });

  it("linear equals its twin for every size", async () => {
    const random = new TestRandom(1);
    for (const inputs of sizes) {
      for (const outputs of sizes) {
        const x = random.matrix(1 + random.integer(9), inputs);
        const w = random.matrix(outputs, inputs);
        const bias = random.vector(outputs);
        const out = lab.ops.linear(lab.tensor(x), await lab.matrix(w), await lab.vector(bias));
        expectClose(lab.read(out), twin.matmul(x, w, bias), 1e-5);
      }
    }
  });

  it("gather copies the chosen rows, in the order of the choice", () => {
    const x = new TestRandom(2).matrix(5, 7);
    const chosen = [4, 0, 0, 3];
    expect(lab.read(lab.ops.gather(lab.tensor(x), chosen))).toEqual(
      chosen.map((row) => x[row]?.map(Math.fround)),
    );
  });

  it("addLinear adds a multiple of its twin to some columns, and leaves the others", async () => {
    const random = new TestRandom(12);
    for (const outputs of sizes) {
      for (const [before, after] of [
        [0, 0],
        [5, 3],
      ] as const) {
        const rows = 1 + random.integer(9);
        const [x, w] = [random.matrix(rows, 7), random.matrix(outputs, 7)];
        const start = random.matrix(rows, before + outputs + after);
        const out = lab.tensor(start);
        lab.ops.addLinear(out, lab.tensor(x), await lab.matrix(w), before, -0.5);
        const product = twin.matmul(x, w);
        const expected = start.map((row, i) => row.map((v, j) => v - 0.5 * (product[i]?.[j - before] ?? 0)));
        expectClose(lab.read(out), expected, 1e-5);
      }
    }
    const [out, x] = [lab.tensor(random.matrix(2, 8)), lab.tensor(random.matrix(2, 3))];
    const weight = await lab.matrix(random.matrix(8, 3));
    expect(() => lab.ops.addLinear(out, x, weight, 1, 1)).toThrow("addLinear: 1 + 8 outputs of 8");
  });

  it.each([
    ["F16", "f32"],
    ["BF16", "f32"],
    ["BF16", "bf16"],
  ] as const)("linear reads %s weights kept as %s exactly", async (stored, kept) => {
    const random = new TestRandom(2);
    const w = random.matrix(21, 13).map((row) => row.map((v) => Math.round(v * 32) / 32));
    const x = random.matrix(5, 13);
    for (const transposed of [false, true]) {
      const matrix = await lab.matrix(w, stored, kept, transposed);
      expect(lab.unpack(matrix)).toEqual(w);
      expectClose(lab.read(lab.ops.linear(lab.tensor(x), matrix)), twin.matmul(x, w), 1e-5);
    }
  });

  it("packing widens every kind of float16", async () => {
    const halves = [
      0,
      -0,
      1,
      -2,
      65504,
      2 ** -14,
      2 ** -24,
      1023 * 2 ** -24,
      1.5,
      Infinity,
      -Infinity,
      Number.NaN,
    ];
    expect(lab.unpack(await lab.matrix([halves], "F16"))).toEqual([halves]);
  });

  it("packing puts interleaved rotary pairs apart", async () => {
    const [heads, headDim, inputs] = [3, 6, 2];
    const row = (head: number, i: number) => [head * 100 + i, -i];
    const canonical = Array.from({ length: heads * headDim }, (_, n) =>
      row(Math.floor(n / headDim), n % headDim),
    );
    const stored = canonical.map((_, n) => {
      const [head, within] = [Math.floor(n / headDim), n % headDim];
      return row(head, (within % 2) * (headDim / 2) + Math.floor(within / 2));
    });
    expect(inputs).toBe(stored[0]?.length);
    expect(lab.unpack(await lab.matrix(stored, "F32", "f32", false, headDim / 2))).toEqual(canonical);
  });

  it("embedding gathers rows", async () => {
    const w = new TestRandom(3).matrix(131, 60);
    const ids = [130, 0, 7, 8, 64, 7];
    const out = lab.ops.embedding(await lab.matrix(w), lab.indices(ids));
    expect(lab.read(out)).toEqual(ids.map((id) => w[id]));
  });

  it("layerNorm and rmsNorm equal their twins", async () => {
    const random = new TestRandom(4);
    for (const width of sizes.filter((n) => n > 1)) {
      const x = random.matrix(5, width).map((row) => row.map((v) => 3 * v + 1));
      const [weight, bias] = [random.vector(width), random.vector(width)];
      const [w, b] = [await lab.vector(weight), await lab.vector(bias)];
      expectClose(
        lab.read(lab.ops.layerNorm(lab.tensor(x), w, b, 1e-5)),
        twin.layerNorm(x, weight, bias, 1e-5),
        3e-6,
      );
      expectClose(lab.read(lab.ops.rmsNorm(lab.tensor(x), w, 1e-6)), twin.rmsNorm(x, weight, 1e-6), 2e-6);
    }
  });

  it("rmsNormHeads normalises some heads of each row where they lie", async () => {
    const random = new TestRandom(5);
    const [headDim, heads] = [6, 5];
    const x = random.matrix(4, heads * headDim);
    const weight = random.vector(headDim);
    const tensor = lab.tensor(x);
    lab.ops.rmsNormHeads(tensor, 1, 3, await lab.vector(weight), 1e-6);
    const expected = x.map((row) =>
      Array.from({ length: heads }, (_, h) => row.slice(h * headDim, (h + 1) * headDim)).flatMap((head, h) =>
        h >= 1 && h < 4 ? (twin.rmsNorm([head], weight, 1e-6)[0] ?? []) : head,
      ),
    );
    expectClose(lab.read(tensor), expected, 2e-6);
  });

  it("activations equal their twins from -20 to 20", () => {
    const x = [Array.from({ length: 4001 }, (_, i) => Math.fround((i - 2000) / 100))];
    const apply = (f: (x: number) => number) => x.map((row) => row.map(f));
    expectClose(lab.read(lab.ops.activation("gelu_tanh", lab.tensor(x))), apply(twin.geluTanh), 1e-6);
    expectClose(lab.read(lab.ops.activation("silu", lab.tensor(x))), apply(twin.silu), 1e-6);
    const erfRange = [(x[0] ?? []).filter((v) => Math.abs(v) < 7)];
    const exact = erfRange.map((row) => row.map(twin.geluErf));
    expectClose(lab.read(lab.ops.activation("gelu_erf", lab.tensor(erfRange))), exact, 2e-6);
    const far = [[-100, -20, -7, 7, 20, 100]];
    expectClose(lab.read(lab.ops.activation("gelu_erf", lab.tensor(far))), [[0, 0, 0, 7, 20, 100]], 1e-5);
  });

  it("swiglu gates the second half with the first", () => {
    const random = new TestRandom(6);
    for (const width of sizes) {
      const x = random.matrix(3, 2 * width);
      const expected = x.map((row) =>
        row.slice(0, width).map((g, i) => twin.silu(g) * twin.at(row, width + i)),
      );
      expectClose(lab.read(lab.ops.swiglu(lab.tensor(x))), expected, 1e-6);
    }
  });

  it("softmax equals its twin, also for large and equal logits", () => {
    const random = new TestRandom(7);
    for (const width of sizes) {
      const x = [random.vector(width), random.vector(width).map((v) => v * 50 + 1000), Array(width).fill(-3)];
      expectClose(lab.read(lab.ops.softmax(lab.tensor(x))), x.map(twin.softmax), 1e-6);
    }
  });

  it("add adds", () => {
    const [a, b] = [new TestRandom(8).matrix(3, 7), new TestRandom(9).matrix(3, 7)];
    const expected = a.map((row, t) => row.map((v, i) => Math.fround(v + twin.at(b[t] ?? [], i))));
    expect(lab.read(lab.ops.add(lab.tensor(a), lab.tensor(b)))).toEqual(expected);
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
      const [kept, tolerance] = dtype === "int8" ? [int8Rounded, 1e-4] : [(x: number[]) => x, 1e-5];
      const length = 71;
      const qkv = random.matrix(length, (nHead + 2 * nKvHead) * headDim);
      const cache = new KvCache(lab.runtime.memory, { nLayer: 2, ...heads }, 100);
      cache.grow(length);
      fillWithNaN(cache);
      const batch = createBatch(lab.runtime, [{ cache, start: 0, ids: Array(length).fill(0) }]);
      const tensor = lab.tensor(qkv);
      lab.ops.storeKeysValues(tensor, batch, 1, heads);
      const out = lab.read(lab.ops.attention(tensor, batch, 1, heads));
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
      const other = new KvCache(lab.runtime.memory, { nLayer: 2, ...heads }, 100);
      other.grow(5);
      for (const t of [0, 31, 32, 70]) {
        const own = { cache, start: t, ids: [0] };
        const [row, alone] = [qkv[t] ?? [], createBatch(lab.runtime, [own])];
        expect(lab.read(lab.ops.attention(lab.tensor([row]), alone, 1, heads))).toEqual([out[t]]);
        const beside = createBatch(lab.runtime, [{ cache: other, start: 3, ids: [0, 0] }, own]);
        const rows = lab.ops.attention(lab.tensor([row, row, row]), beside, 1, heads);
        expect(lab.read(rows)[2]).toEqual(out[t]);
      }
      other.free();
      cache.free();
    },
  );

  it.each(["f32", "int8"] as const)("attention over %s does not heal what is no number", (dtype) => {
    const heads = { nHead: 1, nKvHead: 1, headDim: 16 };
    const qkv = new TestRandom(12).matrix(3, 48);
    for (const wrong of [20, 40]) {
      const cache = new KvCache(lab.runtime.memory, { nLayer: 1, ...heads, dtype }, 3);
      cache.grow(3);
      const batch = createBatch(lab.runtime, [{ cache, start: 0, ids: [0, 0, 0] }]);
      const tensor = lab.tensor(
        qkv.map((row, t) => row.map((v, i) => (t === 1 && i === wrong ? Number.NaN : v))),
      );
      lab.ops.storeKeysValues(tensor, batch, 0, heads);
      const [before, at, after] = lab.read(lab.ops.attention(tensor, batch, 0, heads));
      expect(before?.every(Number.isFinite)).toBe(true);
      for (const row of [at, after]) expect(row?.some(Number.isNaN)).toBe(true);
      cache.free();
    }
  });

  it("rope turns query and key heads and leaves values", () => {
    const random = new TestRandom(11);
    for (const headDim of [2, 6, 8, 14]) {
      const heads = { nHead: 3, nKvHead: 2, headDim };
      const frequencies = Array.from({ length: headDim / 2 }, (_, i) => 1000 ** ((-2 * i) / headDim));
      const angles = Array.from({ length: 50 }, (_, p) => frequencies.map((f) => p * f));
      const table = {
        cos: lab.tensor(angles.map((row) => row.map(Math.cos))),
        sin: lab.tensor(angles.map((row) => row.map(Math.sin))),
      };
      const x = random.matrix(3, 7 * headDim);
      const tensor = lab.tensor(x);
      const cache = new KvCache(lab.runtime.memory, { nLayer: 1, ...heads }, 50);
      const batch = createBatch(lab.runtime, [{ cache, start: 40, ids: [0, 0, 0] }]);
      lab.ops.rope(tensor, table, batch, heads);
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
