import { afterEach, describe, expect, it } from "vitest";
import type { Matrix } from "../../src/compute/tensor.ts";
import { OptimizerOps } from "../../src/compute/training/optimizer-ops.ts";
import { weightTable } from "../../src/model/weights.ts";
import { crossEntropy } from "../../src/reference/gradients.ts";
import { sum } from "../../src/reference/twins.ts";
import { createParameters } from "../../src/train/parameters.ts";
import { Loss } from "../../src/train/step/loss.ts";
import { buildDecoder } from "../../src/weights/build-decoder.ts";
import { Laboratory } from "../compute/laboratory.ts";
import { blockForms, drawWeights, packWeights } from "../model/block-forms.ts";
import { decoderLogits, type Weights } from "../reference/decoder.ts";
import { TestRandom } from "../reference/random.ts";
import { moved } from "./moved.ts";
import { sumOfLosses } from "./sum-of-losses.ts";

let lab: Laboratory | undefined;
afterEach(() => lab?.close());

const ids = [5, 90, 17, 3, 130];
const [inputs, targets] = [ids.slice(0, -1), ids.slice(1)];

describe("the gradient through a decoder equals finite differences of the reference", () => {
  it.each(blockForms)("with %s", async (_name, config) => {
    const weights = drawWeights(config);
    lab = new Laboratory("plain", 2);
    const { runtime, packing } = lab;
    const packed = await packWeights(lab, weights);
    const decoder = await buildDecoder(packing, config, packed, ids.length);
    const loaded = weightTable(config).map((spec) => ({
      stored: { spec, parts: [] },
      value: packed.get(spec.name) as Matrix,
    }));
    const parameters = createParameters(packing, new OptimizerOps(runtime, 2), loaded);
    const loss = new Loss(runtime, 2, decoder, parameters);
    const objective = sumOfLosses(decoder.head);
    await loss.differentiate([{ inputs, targets }], [objective], undefined, async () => {});

    const lossOf = (weights: Weights) =>
      sum(crossEntropy(decoderLogits(config, weights, inputs), targets, 0).losses);
    const random = new TestRandom(5);
    for (const { stored, gradient: matrix } of parameters) {
      const { name } = stored.spec;
      const gradient = lab.unpack(matrix);
      const direction = gradient.map((row) => row.map(() => (random.uniform() < 0.5 ? -1 : 1)));
      const along = (by: number) => lossOf(moved(weights, name, direction, by));
      const h = 2e-5;
      const expected = (along(h) - along(-h)) / (2 * h);
      const actual = sum(gradient.flatMap((row, i) => row.map((g, j) => g * (direction[i]?.[j] ?? 0))));
      const length = Math.hypot(...gradient.flat());
      expect(length, name).toBeGreaterThan(0);
      expect(Math.abs(actual - expected) / length, name).toBeLessThan(2e-4);
    }
  });
});
