import { afterEach, describe, expect, it, vi } from "vitest";
import { openCheckpoint } from "../../../src/checkpoint/open.ts";
import type { Simd } from "../../../src/compute/kernels/kernels.ts";
import { Runtime } from "../../../src/compute/runtime.ts";
import type { Matrix } from "../../../src/compute/tensor.ts";
import { OptimizerOps } from "../../../src/compute/training/optimizer-ops.ts";
import { parseModel } from "../../../src/families/parse.ts";
import { crossEntropy } from "../../../src/reference/gradients.ts";
import { sum } from "../../../src/reference/twins.ts";
import type { Example, Sequence } from "../../../src/train/examples.ts";
import { toSequences } from "../../../src/train/examples.ts";
import { language } from "../../../src/train/objectives/language.ts";
import { createParameters } from "../../../src/train/parameters.ts";
import { Loss } from "../../../src/train/step/loss.ts";
import { buildDecoder } from "../../../src/weights/build-decoder.ts";
import { loadMatrices } from "../../../src/weights/load.ts";
import { resolveWeights } from "../../../src/weights/resolve.ts";
import { builds, Laboratory } from "../../compute/laboratory.ts";
import { writeRandomDirectory } from "../../fixtures/random-checkpoint.ts";
import { gpt2, llama, openAiGpt } from "../../fixtures/stored-config.ts";
import { temporaryFolder } from "../../fixtures/temporary.ts";
import { decoderOf, type UniformConfig } from "../../fixtures/uniform.ts";
import { decoderLogits, type Weights } from "../../reference/decoder.ts";
import { TestRandom } from "../../reference/random.ts";
import { moved } from "../moved.ts";
import { measureLoss, sumOfLosses } from "../sum-of-losses.ts";

const file = temporaryFolder();
const noPause = async () => {};
let lab: Laboratory | undefined;
afterEach(() => lab?.close());

async function gradientOf(
  simd: Simd,
  threads: number,
  path: string,
  batch: readonly Example[],
  rate = 0,
  weightOf = (_: Sequence, _index: number) => 1,
) {
  lab = new Laboratory(simd, threads);
  const { runtime, packing } = lab;
  const checkpoint = await openCheckpoint(path);
  const description = await parseModel(checkpoint);
  const { config } = description;
  const weights = resolveWeights(checkpoint, description);
  const values = await loadMatrices(packing, weights, () => "f32", {});
  const decoder = await buildDecoder(packing, config, values, config.nPositions);
  const loaded = weights.map((stored) => ({ stored, value: values.get(stored.spec.name) as Matrix }));
  const parameters = createParameters(packing, new OptimizerOps(runtime, threads), loaded);
  const loss = new Loss(runtime, threads, decoder, parameters);
  const sequences = toSequences(batch, language.examples, config, config.nPositions);
  const dropout = rate > 0 ? { rate, seed: 1, step: 2, pass: 3 } : undefined;
  const objective = sumOfLosses(decoder.head, weightOf);
  const [sum = 0] = await loss.differentiate(sequences, [objective], dropout, noPause);
  expect(runtime.scratch.mark()).toEqual({ slab: 0, used: 0 });
  const gradients = new Map(
    parameters.map(({ stored, gradient }) => [stored.spec.name, lab?.unpack(gradient) ?? []]),
  );
  return { sum, gradients, measured: await measureLoss(loss, decoder.head, sequences) };
}

/** The sum of the losses of examples of plain ids, in doubles. */
function referenceLoss(config: UniformConfig, weights: Weights, batch: readonly number[][]): number {
  return sum(
    batch.flatMap((ids) => {
      const logits = decoderLogits(decoderOf(config), weights, ids.slice(0, -1));
      return crossEntropy(logits, ids.slice(1), 0).losses;
    }),
  );
}

const oneLayer = { nLayer: 1, vocabSize: 37 };
const families: readonly [string, UniformConfig, number[]][] = [
  ["gpt2", gpt2, [7, 2, 4]],
  ["gpt2, more than a block of positions", { ...gpt2, ...oneLayer }, [35]],
  [
    "gpt2, exact GELU and a head of its own",
    { ...gpt2, ...oneLayer, activation: "gelu_erf", tiedHead: false },
    [5, 3],
  ],
  ["gpt2, sinusoidal", { ...gpt2, ...oneLayer, position: { kind: "sinusoidal" } }, [5]],
  ["gpt2, one row", { ...gpt2, ...oneLayer, activation: "silu" }, [2]],
  ["openai-gpt", { ...openAiGpt, ...oneLayer, nLayer: 2 }, [6, 3]],
  ["llama", { ...llama, ...oneLayer, nLayer: 2 }, [6, 3]],
  ["llama, biases", { ...llama, ...oneLayer, qkvBias: true, attentionOutputBias: true, mlpBias: true }, [5]],
  [
    "qwen3",
    { ...llama, ...oneLayer, family: "qwen3", headDim: 14, queryKeyNorm: true, tiedHead: true },
    [6, 3],
  ],
];

describe.each(builds)("the gradient of the loss, %s build", (simd) => {
  it.each(families)("of %s equals finite differences of the reference", async (_, config, lengths) => {
    const random = new TestRandom(5);
    const weights = writeRandomDirectory(file("model"), config);
    const batch = lengths.map((length) => Array.from({ length }, () => random.integer(config.vocabSize)));
    const { sum, gradients, measured } = await gradientOf(simd, 2, file("model"), batch);
    expect(sum / referenceLoss(config, weights, batch)).toBeCloseTo(1, 5);
    expect(measured).toBe(sum);
    for (const [name, gradient] of gradients) {
      const direction = gradient.map((row) => row.map(() => (random.uniform() < 0.5 ? -1 : 1)));
      const along = (by: number) => referenceLoss(config, moved(weights, name, direction, by), batch);
      const h = 2e-5;
      const expected = (along(h) - along(-h)) / (2 * h);
      const terms = gradient.flatMap((row, i) => row.map((g, j) => g * (direction[i]?.[j] ?? 0)));
      const actual = terms.reduce((a, b) => a + b, 0);
      const length = Math.hypot(...gradient.flat());
      expect(length).toBeGreaterThan(0);
      if (!(Math.abs(actual - expected) < 1e-4 * length))
        expect.fail(`${name}: ${actual} for ${expected}, of ${length}`);
    }
  });

  it("is that of weighted sequences, as preference objectives need it", async () => {
    writeRandomDirectory(file("weighted"), { ...gpt2, ...oneLayer });
    const batch = [
      [1, 2, 3, 4],
      [5, 6, 7],
    ];
    const gradients = async (
      of: readonly number[][],
      weightOf?: (sequence: Sequence, i: number) => number,
    ) => {
      const result = await gradientOf(simd, 2, file("weighted"), of, 0, weightOf);
      lab?.close();
      return result.gradients;
    };
    const [first, second] = [await gradients(batch.slice(0, 1)), await gradients(batch.slice(1))];
    const weighted = await gradients(batch, (_, i) => (i === 0 ? 2 : -0.5));
    for (const [name, rows] of weighted) {
      const at = (of: typeof first, i: number, j: number) => of.get(name)?.[i]?.[j] ?? 0;
      const errors = rows.flatMap((row, i) =>
        row.map((g, j) => Math.abs(g - 2 * at(first, i, j) + 0.5 * at(second, i, j))),
      );
      expect(Math.max(...errors), name).toBeLessThan(1e-5);
    }
  });

  it("is the same bit for bit on any number of threads, however thinly jobs are sliced", async () => {
    const { threads: pool } = Runtime.get(simd);
    const run = pool.run.bind(pool);
    vi.spyOn(pool, "run").mockImplementation((kernel, threads, items, _cost, ...parameters) =>
      run(kernel, threads, items, Number.POSITIVE_INFINITY, ...parameters),
    );
    const config = { ...llama, family: "qwen3", headDim: 14, queryKeyNorm: true } as const;
    writeRandomDirectory(file("threads"), config);
    const random = new TestRandom(6);
    const batch = [79, 34, 2].map((length) => Array.from({ length }, () => random.integer(config.vocabSize)));
    const one = await gradientOf(simd, 1, file("threads"), batch, 0.1);
    lab?.close();
    for (const threads of [2, 4]) {
      const many = await gradientOf(simd, threads, file("threads"), batch, 0.1);
      expect(many.sum).toBe(one.sum);
      expect(many.gradients).toEqual(one.gradients);
      lab?.close();
    }
    vi.restoreAllMocks();
  });
});
