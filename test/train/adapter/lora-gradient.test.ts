import { afterEach, describe, expect, it } from "vitest";
import { openCheckpoint } from "../../../src/checkpoint/open.ts";
import type { Simd } from "../../../src/compute/kernels/kernels.ts";
import type { Matrix } from "../../../src/compute/tensor.ts";
import { OptimizerOps } from "../../../src/compute/training/optimizer-ops.ts";
import { parseModel } from "../../../src/families/parse.ts";
import { crossEntropy } from "../../../src/reference/gradients.ts";
import { sum } from "../../../src/reference/twins.ts";
import { rowSquares } from "../../../src/train/adapter/row-squares.ts";
import { adapterWeights } from "../../../src/train/adapter/trained-adapter.ts";
import { toSequences } from "../../../src/train/examples.ts";
import { language } from "../../../src/train/objectives/language.ts";
import { createParameters } from "../../../src/train/parameters.ts";
import { Loss } from "../../../src/train/step/loss.ts";
import { newAdaptedModules } from "../../../src/weights/adapters/adapted-module.ts";
import { lowRanksOf } from "../../../src/weights/adapters/low-rank.ts";
import { blockModules, type LinearModule, linearModules } from "../../../src/weights/adapters/modules.ts";
import { buildDecoder } from "../../../src/weights/build-decoder.ts";
import { loadMatrices } from "../../../src/weights/load.ts";
import { resolveWeights } from "../../../src/weights/resolve.ts";
import { builds, Laboratory } from "../../compute/laboratory.ts";
import { writeRandomDirectory } from "../../fixtures/random-checkpoint.ts";
import { gpt2, llama, openAiGpt } from "../../fixtures/stored-config.ts";
import { temporaryFolder } from "../../fixtures/temporary.ts";
import { decoderOf, type UniformConfig } from "../../fixtures/uniform.ts";
import { decoderLogits, type Weights } from "../../reference/decoder.ts";
import { type Change, changed } from "../../reference/low-rank.ts";
import { TestRandom } from "../../reference/random.ts";
import { measureLoss, sumOfLosses } from "../sum-of-losses.ts";

const RANK = 3;
const SCALE = 0.7;

/** A [rank, inputs] and B [outputs, rank] by the names that they are stored under. */
type Adapter = ReadonlyMap<string, number[][]>;

const file = temporaryFolder();
let lab: Laboratory | undefined;
afterEach(() => lab?.close());

/** @param draw the adapter's matrices */
async function gradientOf(
  simd: Simd,
  path: string,
  batch: readonly number[][],
  draw: (name: string, rows: number, columns: number) => number[][],
  { rate = 0, isDecomposed = false } = {},
) {
  lab = new Laboratory(simd, 2);
  const { runtime, packing } = lab;
  const checkpoint = await openCheckpoint(path);
  const description = await parseModel(checkpoint);
  const { config } = description;
  const weights = resolveWeights(checkpoint, description);
  const values = await loadMatrices(packing, weights, () => "f32", {});
  const layers = blockModules(linearModules(weights, description.prefix));
  const adapted = newAdaptedModules(layers, { rank: RANK, scaling: SCALE, isDecomposed });
  const stored = adapterWeights({ modules: adapted });
  const adapter = new Map(
    stored.map(({ spec }) => [spec.name, draw(spec.name, spec.shape[0], spec.shape[1] ?? 1)]),
  );
  const matrices = new Map<string, Matrix>();
  for (const [name, rows] of adapter) matrices.set(name, await lab.matrix(rows));
  const squares = rowSquares({ runtime, threads: 2 }, adapted, values);
  const changes = lowRanksOf(packing, adapted, matrices, rate, squares);
  const decoder = await buildDecoder(packing, config, values, config.nPositions, changes);
  const trained = stored.map((weight) => ({
    stored: weight,
    value: matrices.get(weight.spec.name) as Matrix,
  }));
  const parameters = createParameters(packing, new OptimizerOps(runtime, 2), trained);
  const loss = new Loss(runtime, 2, decoder, parameters);
  const sequences = toSequences(batch, language.examples, config, config.nPositions);
  const objective = sumOfLosses(decoder.head);
  const dropout = { rate: 0, seed: 1, step: 2, pass: 3 };
  const [total = 0] = await loss.differentiate(sequences, [objective], dropout, async () => {});
  expect(runtime.scratch.mark()).toEqual({ slab: 0, used: 0 });
  if (rate === 0) expect(await measureLoss(loss, decoder.head, sequences)).toBe(total);
  const gradients = parameters.map(({ stored, gradient }) => ({
    name: stored.spec.name,
    gradient: lab?.unpack(gradient) ?? [],
  }));
  return { total, gradients, adapter, layers };
}

const drawnBy = (random: TestRandom) => (_name: string, rows: number, columns: number) =>
  random.matrix(rows, columns).map((row) => row.map((v) => Math.fround(v / 10)));

/** What the adapter changes of each layer. */
function changesOf(layers: readonly LinearModule[], adapter: Adapter): Change[] {
  return layers.map(({ name, weight, firstOutput }) => {
    const of = (matrix: string) => adapter.get(`base_model.model.${name}.lora_${matrix}`);
    const [a = [], b = []] = [of("A.weight"), of("B.weight")];
    return { weight, firstOutput, a, b, scale: SCALE, magnitudes: of("magnitude_vector")?.flat() };
  });
}

/** Lengths of the changed rows of each layer, which count as constants. */
const lengthsOf = (weights: Weights, changes: readonly Change[]): number[][] =>
  changes.map((change) => {
    const rows = changed(weights, [{ ...change, magnitudes: undefined }]).matrices.get(change.weight) ?? [];
    return rows
      .slice(change.firstOutput, change.firstOutput + change.b.length)
      .map((row) => Math.hypot(...row));
  });

const families: readonly [string, UniformConfig][] = [
  ["gpt2", { ...gpt2, vocabSize: 37 }],
  ["openai-gpt", { ...openAiGpt, vocabSize: 37, nLayer: 1 }],
  ["llama", { ...llama, vocabSize: 37 }],
  ["qwen3", { ...llama, vocabSize: 37, nLayer: 1, family: "qwen3", headDim: 14, queryKeyNorm: true }],
];

const forms = [
  ...families.map(([name, config]) => [name, config, false] as const),
  ...families
    .filter(([, { nLayer }]) => nLayer === 1)
    .map(([name, config]) => [`${name} with magnitudes`, config, true] as const),
];

describe.each(builds)("the gradient of adapters, %s build", (simd) => {
  it.each(forms)("of %s equals finite differences of the reference", async (_, config, isDecomposed) => {
    const random = new TestRandom(8);
    const weights = writeRandomDirectory(file("model"), config);
    const batch = [6, 3].map((length) => Array.from({ length }, () => random.integer(config.vocabSize)));
    const { total, gradients, adapter, layers } = await gradientOf(
      simd,
      file("model"),
      batch,
      drawnBy(random),
      { isDecomposed },
    );
    const lengths = lengthsOf(weights, changesOf(layers, adapter));
    const lossOf = (adapter: Adapter) => {
      const changes = changesOf(layers, adapter).map((change, i) => ({ ...change, lengths: lengths[i] }));
      const own = changed(weights, changes);
      return sum(
        batch.flatMap((ids) => {
          const logits = decoderLogits(decoderOf(config), own, ids.slice(0, -1));
          return crossEntropy(logits, ids.slice(1), 0).losses;
        }),
      );
    };
    expect(total / lossOf(adapter)).toBeCloseTo(1, 5);
    expect(gradients).toHaveLength((isDecomposed ? 3 : 2) * layers.length);
    for (const { name, gradient } of gradients) {
      const direction = gradient.map((row) => row.map(() => (random.uniform() < 0.5 ? -1 : 1)));
      const along = (by: number) => {
        const rows = (adapter.get(name) ?? []).map((row, i) =>
          row.map((v, j) => v + by * (direction[i]?.[j] ?? 0)),
        );
        return lossOf(new Map(adapter).set(name, rows));
      };
      const h = 2e-5;
      const expected = (along(h) - along(-h)) / (2 * h);
      const actual = sum(gradient.flatMap((row, i) => row.map((g, j) => g * (direction[i]?.[j] ?? 0))));
      const length = Math.hypot(...gradient.flat());
      expect(length).toBeGreaterThan(0);
      if (!(Math.abs(actual - expected) < 1e-4 * length))
        expect.fail(`${name}: ${actual} for ${expected}, of ${length}`);
    }
  });

  it("equals finite differences of the loss where inputs are dropped", async () => {
    writeRandomDirectory(file("dropped"), { ...gpt2, nLayer: 1 });
    const batch = [[1, 2, 3, 4, 5, 6, 7]];
    const run = (draw: Parameters<typeof gradientOf>[3]) =>
      gradientOf(simd, file("dropped"), batch, draw, { rate: 0.4 }).finally(() => lab?.close());
    const { total, gradients } = await run(drawnBy(new TestRandom(9)));
    const other = await gradientOf(simd, file("dropped"), batch, drawnBy(new TestRandom(9)), { rate: 0.41 });
    expect(other.total).not.toBe(total);
    lab?.close();
    for (const matrix of ["c_attn.lora_A", "mlp.c_proj.lora_A"]) {
      const { name = "", gradient = [] } = gradients.find(({ name }) => name.includes(matrix)) ?? {};
      const length = Math.hypot(...gradient.flat());
      const along = async (by: number) => {
        const draw = drawnBy(new TestRandom(9));
        const moved = await run((own, rows, columns) => {
          const drawn = draw(own, rows, columns);
          if (own !== name) return drawn;
          return drawn.map((row, i) => row.map((v, j) => v + (by * (gradient[i]?.[j] ?? 0)) / length));
        });
        return moved.total;
      };
      const h = 2e-2;
      expect(((await along(h)) - (await along(-h))) / (2 * h) / length).toBeCloseTo(1, 2);
    }
  });
});
