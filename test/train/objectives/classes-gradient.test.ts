import { afterEach, describe, expect, it } from "vitest";
import { openCheckpoint } from "../../../src/checkpoint/open.ts";
import { OptimizerOps } from "../../../src/compute/training/optimizer-ops.ts";
import { crossEntropy } from "../../../src/reference/gradients.ts";
import { sum } from "../../../src/reference/twins.ts";
import { type ClassExample, toSequences } from "../../../src/train/examples.ts";
import { classes } from "../../../src/train/objectives/classes.ts";
import { createParameters } from "../../../src/train/parameters.ts";
import { Loss } from "../../../src/train/step/loss.ts";
import { buildDecoder } from "../../../src/weights/build-decoder.ts";
import { loadMatrices, matrixNamed } from "../../../src/weights/load.ts";
import { resolveWeights } from "../../../src/weights/resolve.ts";
import { Laboratory } from "../../compute/laboratory.ts";
import { writeRandomDirectory } from "../../fixtures/random-checkpoint.ts";
import { gpt2, llama, openAiGpt } from "../../fixtures/stored-config.ts";
import { temporaryFolder } from "../../fixtures/temporary.ts";
import { decoderOf, type UniformConfig } from "../../fixtures/uniform.ts";
import { decoderLogits, type Weights } from "../../reference/decoder.ts";
import { TestRandom } from "../../reference/random.ts";
import { moved } from "../moved.ts";

const labels = ["no", "perhaps", "yes"];
const file = temporaryFolder();
let lab: Laboratory | undefined;
afterEach(() => lab?.close());

const batch: readonly ClassExample[] = [
  { ids: [5, 3, 8, 1, 9], label: "yes" },
  { ids: [7], label: "no" },
  { ids: [2, 4, 4], label: "yes" },
];

const notNeeded = () => Promise.reject(new Error("nothing is measured"));

/** The gradient of the objectives of a step, over the whole batch at once. */
async function gradientOf(path: string, lmLossWeight: number, dropout = 0) {
  lab = new Laboratory("plain", 2);
  const { runtime, packing } = lab;
  const found = await openCheckpoint(path);
  if (found.format === "gguf") throw new Error("a directory is meant");
  const settings = classes.resolve({ labels, lmLossWeight, dropout });
  const { checkpoint, description, isHeadNew } = await classes.plan(found, settings);
  expect(isHeadNew).toBe(false);
  const { config } = description;
  const weights = resolveWeights(checkpoint, description);
  const values = await loadMatrices(packing, weights, () => "f32", {});
  const decoder = await buildDecoder(packing, config, values, config.nPositions);
  const loaded = weights.map((stored) => ({ stored, value: matrixNamed(values, stored.spec.name) }));
  const parameters = createParameters(packing, new OptimizerOps(runtime, 2), loaded);
  const sequences = toSequences(batch, classes.examples, config, config.nPositions);
  const unused = {
    contextSize: config.nPositions,
    measure: notNeeded,
    reference: notNeeded,
    scores: notNeeded,
    teacher: notNeeded,
  };
  const step = { decoder, sequences, labelSmoothing: 0, routerLoss: 0, ...unused };
  const objectives = await classes.objectives(step, settings);
  const pass = { rate: 0, seed: 1, step: 2, pass: 3 };
  const loss = new Loss(runtime, 2, decoder, parameters);
  const sums = await loss.differentiate(sequences, objectives, pass, async () => {});
  expect(runtime.scratch.mark()).toEqual({ slab: 0, used: 0 });
  const gradients = new Map(
    parameters.map(({ stored, gradient }) => [stored.spec.name, lab?.unpack(gradient) ?? []]),
  );
  return { total: sum(sums.map((sum, i) => sum * (objectives[i]?.scale ?? 0))), gradients };
}

/**
 * The same in doubles: the mean loss of the classes, and the weight times that of all ids that follow others.
 */
function referenceLoss(config: UniformConfig, weights: Weights, lmLossWeight: number): number {
  const classes = batch.map(({ ids, label }) => {
    const scores = decoderLogits(decoderOf(config), weights, ids).slice(-1);
    return sum(crossEntropy(scores, [labels.indexOf(label)], 0).losses);
  });
  const loss = sum(classes) / classes.length;
  if (lmLossWeight === 0) return loss;
  const { labels: _, ...languageModel } = config;
  const tokens = batch.flatMap(
    ({ ids }) =>
      crossEntropy(decoderLogits(decoderOf(languageModel), weights, ids).slice(0, -1), ids.slice(1), 0)
        .losses,
  );
  return loss + (lmLossWeight * sum(tokens)) / tokens.length;
}

describe("the gradient of a classifier", () => {
  const tied = { labels, vocabSize: 37, tiedHead: true } as const;
  it.each([
    ["gpt2", { ...gpt2, ...tied }, 0.5],
    ["openai-gpt", { ...openAiGpt, ...tied, nLayer: 1 }, 0.5],
    ["llama", { ...llama, ...tied }, 2],
    ["llama with a head of its own", { ...llama, ...tied, tiedHead: false }, 0],
  ] satisfies [string, UniformConfig, number][])(
    "of %s equals finite differences of the reference",
    async (_, config, weight) => {
      const random = new TestRandom(5);
      const weights = writeRandomDirectory(file("model"), config);
      const { total, gradients } = await gradientOf(file("model"), weight);
      expect(total / referenceLoss(config, weights, weight)).toBeCloseTo(1, 5);
      for (const [name, gradient] of gradients) {
        const direction = gradient.map((row) => row.map(() => (random.uniform() < 0.5 ? -1 : 1)));
        const along = (by: number) => referenceLoss(config, moved(weights, name, direction, by), weight);
        const h = 2e-5;
        const expected = (along(h) - along(-h)) / (2 * h);
        const actual = sum(gradient.flatMap((row, i) => row.map((g, j) => g * (direction[i]?.[j] ?? 0))));
        const length = Math.hypot(...gradient.flat());
        expect(length).toBeGreaterThan(0);
        if (!(Math.abs(actual - expected) < 1e-4 * length))
          expect.fail(`${name}: ${actual} for ${expected}, of ${length}`);
      }
    },
  );

  it("has dropout of the head's input", async () => {
    writeRandomDirectory(file("dropped"), { ...gpt2, ...tied });
    const { total } = await gradientOf(file("dropped"), 0);
    lab?.close();
    const dropped = await gradientOf(file("dropped"), 0, 0.5);
    expect(dropped.total).not.toBe(total);
  });
});
