/** Products with quantized weights in training: the bits of the same weights in f32, and of their gradient. */
import { afterEach, describe, expect, it } from "vitest";
import { BLOCK_TYPES, type BlockDtype, storedBytes } from "../../../src/compute/packing/stored-types.ts";
import type { Matrix, WeightDtype } from "../../../src/compute/tensor.ts";
import { FloatOps } from "../../../src/compute/training/float-ops.ts";
import { GradientOps } from "../../../src/compute/training/gradient-ops.ts";
import { elementsOf, value } from "../../../src/reference/ggml-blocks.ts";
import * as gradients from "../../../src/reference/gradients.ts";
import { randomBlocks } from "../../../src/reference/random-blocks.ts";
import * as twin from "../../../src/reference/twins.ts";
import { TestRandom } from "../../reference/random.ts";
import { builds, expectClose, Laboratory } from "../laboratory.ts";

const types = Object.keys(BLOCK_TYPES) as BlockDtype[];

describe.each(builds)("quantized weights in training, %s build", (simd) => {
  let lab = new Laboratory(simd, 3);
  afterEach(() => {
    lab.close();
    lab = new Laboratory(simd, 3);
  });

  const ops = (threads: number) => new FloatOps(lab.runtime, threads);

  async function fromBlocks(type: BlockDtype, stored: Uint8Array, inputs: number, kept: WeightDtype) {
    const outputs = stored.length / storedBytes(type, inputs);
    const matrix = lab.packing.matrix(outputs, inputs, kept);
    const place = { transposed: false, firstOutput: 0, outputs, firstInput: 0, inputs };
    await lab.packing.pack(matrix, { dtype: type, ...place }, (staging) => staging.set(stored));
    return matrix;
  }

  const product = (matrix: Matrix, x: number[][], threads: number) =>
    lab.read(ops(threads).linear(lab.tensor(x), { weight: matrix }));

  function inputGradient(matrix: Matrix, dy: number[][], threads: number): number[][] {
    const dx = lab.tensor(dy.map(() => Array(matrix.inputs).fill(Number.NaN)));
    new GradientOps(lab.runtime, threads).linearInput(dx, lab.tensor(dy), matrix);
    return lab.read(dx);
  }

  it.each(types)("%s: the product and its gradient are those of floats and of the twins", async (type) => {
    const random = new TestRandom(1);
    const inputs = 512;
    for (const [outputs, rows] of [
      [5, 1],
      [21, 13],
      [261, 2],
    ] as const) {
      const stored = randomBlocks(random, type, outputs * inputs);
      const values = elementsOf(type, stored).map(value);
      const weights = Array.from({ length: outputs }, (_, o) => values.slice(o * inputs, (o + 1) * inputs));
      const [x, dy] = [random.matrix(rows, inputs), random.matrix(rows, outputs)];
      const floats = await fromBlocks(type, stored, inputs, "f32");
      const blocks = await fromBlocks(type, stored, inputs, BLOCK_TYPES[type].layout);
      const [y, dx] = [product(floats, x, 1), inputGradient(floats, dy, 1)];
      for (const threads of [1, 3]) {
        expect(product(blocks, x, threads)).toEqual(y);
        expect(inputGradient(blocks, dy, threads)).toEqual(dx);
      }
      const largest = values.reduce((most, own) => Math.max(most, Math.abs(own)), 0);
      expectClose(y, twin.matmul(x, weights), 1e-4 * largest);
      expectClose(dx, gradients.matmul(x, weights, dy).dx, 1e-4 * largest);
    }
  });

  it.each(["F16", "BF16"] as const)("%s: the gradient is that of floats", async (dtype) => {
    const random = new TestRandom(2);
    for (const [outputs, inputs, rows] of [
      [5, 3, 1],
      [21, 60, 13],
      [600, 12, 7],
    ] as const) {
      const weights = random.matrix(outputs, inputs);
      const dy = random.matrix(rows, outputs);
      const floats = await lab.matrix(weights, dtype, "f32");
      const halves = await lab.matrix(weights, dtype, dtype === "F16" ? "f16" : "bf16");
      expect(inputGradient(halves, dy, 2)).toEqual(inputGradient(floats, dy, 1));
    }
  });

  it("the pieces of a mixed matrix add up", async () => {
    const random = new TestRandom(3);
    const inputs = 256;
    const stored = (["Q4_K", "Q6_K"] as const).map((type) => ({
      type,
      bytes: randomBlocks(random, type, 16 * inputs),
    }));
    const pieces = await Promise.all(
      stored.map(({ type, bytes }) => fromBlocks(type, bytes, inputs, BLOCK_TYPES[type].layout)),
    );
    const mixed: Matrix = { outputs: 32, inputs, dtype: "mixed", ptr: pieces[0]?.ptr ?? 0, pieces };
    const values = stored.flatMap(({ type, bytes }) => elementsOf(type, bytes).map(value));
    const weights = Array.from({ length: 32 }, (_, o) => values.slice(o * inputs, (o + 1) * inputs));
    const floats = await lab.matrix(weights);
    const [x, dy] = [random.matrix(6, inputs), random.matrix(6, 32)];
    expect(product(mixed, x, 2)).toEqual(product(floats, x, 1));
    expect(inputGradient(mixed, dy, 2)).toEqual(inputGradient(floats, dy, 1));
  });
});
