import { afterEach, describe, expect, it } from "vitest";
import { encode } from "../../../src/checkpoint/encodings.ts";
import { QUANTIZED_LAYOUTS, type QuantizedDtype } from "../../../src/compute/packing/quantized-layouts.ts";
import { BLOCK_TYPES, type BlockDtype, storedBytes } from "../../../src/compute/packing/stored-types.ts";
import { type Matrix, matrixBytes, type WeightDtype } from "../../../src/compute/tensor.ts";
import { elementsOf, value } from "../../../src/reference/ggml-blocks.ts";
import { quantizedMatmul } from "../../../src/reference/quantized.ts";
import { randomBlocks } from "../../../src/reference/random-blocks.ts";
import * as twin from "../../../src/reference/twins.ts";
import { TestRandom } from "../../reference/random.ts";
import { builds, Laboratory } from "../laboratory.ts";

const types = Object.keys(BLOCK_TYPES) as BlockDtype[];
const layouts = Object.keys(QUANTIZED_LAYOUTS) as QuantizedDtype[];

const rowsOf = <T>(list: readonly T[], width: number): T[][] =>
  Array.from({ length: list.length / width }, (_, row) => list.slice(row * width, (row + 1) * width));

describe.each(builds)("quantized weights, %s build", (simd) => {
  let lab = new Laboratory(simd, 1);
  afterEach(() => {
    lab.close();
    lab = new Laboratory(simd, 1);
  });

  const bytesOf = ({ ptr, outputs, inputs, dtype }: Matrix) =>
    lab.runtime.memory.bytes(ptr, matrixBytes(outputs, inputs, dtype)).slice();

  async function fromBlocks(
    type: BlockDtype,
    stored: Uint8Array,
    inputs: number,
    kept: WeightDtype = BLOCK_TYPES[type].layout,
  ): Promise<Matrix> {
    const outputs = stored.length / storedBytes(type, inputs);
    const matrix = lab.packing.matrix(outputs, inputs, kept);
    const place = { transposed: false, firstOutput: 0, outputs, firstInput: 0, inputs };
    await lab.packing.pack(matrix, { dtype: type, ...place }, (staging) => staging.set(stored));
    return matrix;
  }

  it.each(types)(
    "%s is read exactly into its own layout, into the layout of all blocks, and into floats",
    async (type) => {
      const [outputs, inputs] = [21, 512];
      const stored = randomBlocks(new TestRandom(1), type, outputs * inputs);
      const expected = rowsOf(elementsOf(type, stored).map(value), inputs);
      for (const kept of [BLOCK_TYPES[type].layout, "q8x16m", "f32"] as const) {
        expect(lab.unpack(await fromBlocks(type, stored, inputs, kept))).toEqual(expected);
      }
    },
  );

  it.each(types)("the product with %s equals its twin", async (type) => {
    const random = new TestRandom(2);
    const [outputs, inputs] = [13, 256];
    const stored = randomBlocks(random, type, outputs * inputs);
    const elements = rowsOf(elementsOf(type, stored), inputs);
    const x = random.matrix(5, inputs);
    for (const kept of [BLOCK_TYPES[type].layout, "q8x16m"] as const) {
      const out = lab.read(
        lab.ops.linear(lab.tensor(x), { weight: await fromBlocks(type, stored, inputs, kept) }),
      );
      const expected = quantizedMatmul(x, elements, kept);
      if (simd === "plain") expect(out).toEqual(expected);
      else expect(relativeError(out, expected)).toBeLessThan(1e-6);
    }
  });

  it.each(layouts)("a row of a product with %s has the same bits alone and among others", async (layout) => {
    const random = new TestRandom(3);
    for (const outputs of [1, 4, 8, 11, 16, 29]) {
      const block = BLOCK_TYPES[typeIn(layout)].block;
      for (const inputs of [block, 2 * block, 3 * block, 7 * block]) {
        const matrix = await randomMatrix(random, layout, outputs, inputs);
        const bias = await lab.vector(random.vector(outputs));
        const x = random.matrix(9, inputs);
        const alone = x.map(
          (row) => lab.read(lab.ops.linear(lab.tensor([row]), { weight: matrix, bias }))[0],
        );
        for (let rows = 2; rows <= 9; rows++) {
          if (simd === "relaxed") lab.runtime.products = rows % 2 ? "pairs" : "dots";
          const beside = lab.read(lab.ops.linear(lab.tensor(x.slice(0, rows)), { weight: matrix, bias }));
          expect(beside).toEqual(alone.slice(0, rows));
        }
      }
    }
  });

  it("pieces of different types are multiplied side by side", async () => {
    const random = new TestRandom(13);
    const pieces = [
      await randomMatrix(random, "q4_k", 24, 256),
      await randomMatrix(random, "q6_k", 8, 256),
      await randomMatrix(random, "q8_0", 11, 256),
    ];
    const weight: Matrix = { outputs: 43, inputs: 256, dtype: "mixed", ptr: 0, pieces };
    const biases = random.vector(43);
    const bias = await lab.vector(biases);
    for (const rows of [1, 2, 5]) {
      const x = lab.tensor(random.matrix(rows, 256));
      const apart = pieces.map((piece) => lab.read(lab.ops.linear(x, { weight: piece })));
      const expected = apart[0]?.map((_, row) => apart.flatMap((part) => part[row] ?? []));
      expect(lab.read(lab.ops.linear(x, { weight }))).toEqual(expected);
      const biased = lab.read(lab.ops.linear(x, { weight, bias }));
      const difference = biased.flatMap((own, row) =>
        own.map((v, n) => v - (expected?.[row]?.[n] ?? 0) - (biases[n] ?? 0)),
      );
      expect(Math.max(...difference.map(Math.abs))).toBeLessThan(0.05);
    }
  });

  it.each(["q8_0", "q4_k", "q6_k"] as const)(
    "a product with %s has the same bits on any number of threads",
    async (layout) => {
      const random = new TestRandom(4);
      const matrix = await randomMatrix(random, layout, 1000, 512);
      const x = random.matrix(10, 512);
      const expected = lab.read(lab.ops.linear(lab.tensor(x), { weight: matrix }));
      const threaded = new Laboratory(simd, 3);
      for (let round = 0; round < 5; round++) {
        expect(threaded.read(threaded.ops.linear(threaded.tensor(x), { weight: matrix }))).toEqual(expected);
      }
      threaded.close();
    },
  );

  const typeIn = (layout: QuantizedDtype): BlockDtype =>
    types.find((type) => BLOCK_TYPES[type].layout === layout) ?? "Q5_1";

  /** Random blocks of a type that the layout holds. */
  function randomMatrix(random: TestRandom, layout: QuantizedDtype, outputs: number, inputs: number) {
    const type = typeIn(layout);
    return fromBlocks(type, randomBlocks(random, type, outputs * inputs), inputs, layout);
  }

  it.each(["q8_0", "q4_0"] as const)("floats become %s as ggml quantizes them", async (layout) => {
    const type = layout === "q8_0" ? "Q8_0" : "Q4_0";
    const random = new TestRandom(5);
    const [outputs, inputs] = [24, 128];
    const values = random.matrix(outputs, inputs);
    values[3]?.fill(0, 32, 64); // a block of zeros,
    values[4]?.fill(1e-9, 0, 32); // one below all float16,
    for (let i = 0; i < 32; i++) values[5]?.splice(i, 1, (i - 16) / 2); // halves, and two of the largest magnitude
    values[5]?.splice(31, 1, 8);
    const stored = encode(type, Float32Array.from(values.flat()));
    const expected = bytesOf(await fromBlocks(type, stored, inputs));
    for (const transposed of [false, true]) {
      expect(bytesOf(await lab.matrix(values, "F32", layout, transposed))).toEqual(expected);
    }
  });

  it.each(["q8_0", "q4_0"] as const)("a chunk at a time, floats become the same %s", async (layout) => {
    const [outputs, inputs] = [21, 160];
    const values = new TestRandom(6).matrix(outputs, inputs);
    const expected = lab.unpack(await lab.matrix(values, "F32", layout));
    for (const transposed of [false, true]) {
      const matrix = lab.packing.matrix(outputs, inputs, layout);
      for (const [firstOutput, firstInput] of [
        [0, 0],
        [0, 64],
        [8, 0],
        [8, 64],
      ] as const) {
        const rows = values.slice(firstOutput, firstOutput === 0 ? 8 : outputs);
        const part = rows.map((row) => row.slice(firstInput, firstInput === 0 ? 64 : inputs));
        await lab.place(matrix, part, { firstOutput, firstInput, transposed });
      }
      expect(lab.unpack(matrix)).toEqual(expected);
    }
  });

  it("another layout than the stored one is quantized from floats", async () => {
    const [outputs, inputs] = [24, 256];
    const stored = randomBlocks(new TestRandom(7), "Q6_K", outputs * inputs);
    const floats = rowsOf(elementsOf("Q6_K", stored).map(value), inputs);
    for (const layout of ["q8_0", "q4_0"] as const) {
      const expected = bytesOf(await lab.matrix(floats, "F32", layout));
      expect(bytesOf(await fromBlocks("Q6_K", stored, inputs, layout))).toEqual(expected);
    }
  });

  it("inputs that are not finite do not become numbers, tiny ones become zero", async () => {
    const matrix = await lab.matrix(new TestRandom(9).matrix(8, 64), "F32", "q8_0");
    for (const v of [Number.NaN, Number.POSITIVE_INFINITY]) {
      const x = Array.from({ length: 64 }, (_, i) => (i === 40 ? v : 1));
      const [out = []] = lab.read(lab.ops.linear(lab.tensor([x]), { weight: matrix }));
      expect(out.every((y) => !Number.isFinite(y))).toBe(true);
    }
    expect(lab.read(lab.ops.linear(lab.tensor([Array(64).fill(1e-44)]), { weight: matrix }))).toEqual([
      Array(8).fill(0),
    ]);
  });

  it.each(["q8_0", "q4_0"] as const)(
    "weights that are not finite do not become %s numbers",
    async (layout) => {
      for (const [k, odd] of [
        [0, Number.NaN],
        [40, Number.NaN],
        [63, Number.POSITIVE_INFINITY],
      ] as const) {
        const values = new TestRandom(11).matrix(16, 64);
        values[9]?.splice(k, 1, odd);
        const x = lab.tensor([Array(64).fill(1)]);
        const [out = []] = lab.read(lab.ops.linear(x, { weight: await lab.matrix(values, "F32", layout) }));
        expect(out.flatMap((y, n) => (Number.isFinite(y) ? [] : n))).toEqual([9]);
      }
    },
  );

  it("the product is near the product of the floats", async () => {
    const random = new TestRandom(10);
    const [w, x] = [random.matrix(64, 768), random.matrix(16, 768)];
    const expected = twin.matmul(x, w);
    for (const [layout, tolerance] of [
      ["q8_0", 0.012],
      ["q4_0", 0.12],
    ] as const) {
      const out = lab.read(lab.ops.linear(lab.tensor(x), { weight: await lab.matrix(w, "F32", layout) }));
      expect(relativeError(out, expected)).toBeLessThan(tolerance);
    }
  });
});

/** Root mean square of the error, relative to the root mean square of the expected values. */
function relativeError(actual: number[][], expected: number[][]): number {
  const square = (rows: number[][]) => rows.flat().reduce((sum, v) => sum + v * v, 0);
  const error = actual.map((row, i) => row.map((v, j) => v - twin.at(expected[i] ?? [], j)));
  return Math.sqrt(square(error) / square(expected));
}
