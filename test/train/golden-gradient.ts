/** Gradients of a checkpoint's weights against finite differences of its own loss. */
import { openCheckpoint } from "../../src/checkpoint/open.ts";
import { type Matrix, matrixBytes } from "../../src/compute/tensor.ts";
import { OptimizerOps } from "../../src/compute/training/optimizer-ops.ts";
import { parseModel, type WantedHead } from "../../src/families/parse.ts";
import type { Sequence } from "../../src/train/examples.ts";
import { createParameters } from "../../src/train/parameters.ts";
import { Loss } from "../../src/train/step/loss.ts";
import { buildDecoder } from "../../src/weights/build-decoder.ts";
import { loadMatrices, matrixNamed } from "../../src/weights/load.ts";
import { resolveWeights } from "../../src/weights/resolve.ts";
import { Laboratory } from "../compute/laboratory.ts";
import { TestRandom } from "../reference/random.ts";
import { measureLoss, sumOfLosses } from "./sum-of-losses.ts";

export interface Difference {
  readonly name: string;
  /** Length of the gradient. */
  readonly length: number;
  /** Distance of slope and gradient along a direction, as a share of the gradient's length. */
  readonly error: number;
}

/** Step along a direction. It is shorter where the gradient is long, so that a router chooses as before. */
const stepFor = (length: number): number => Math.min(0.004, 0.01 / length);

/**
 * Moves each weight along its gradient and a random direction, together of length sqrt(2).
 *
 * @param chosen whether a weight is looked at, by its canonical name
 */
export async function gradientDifferences(
  path: string,
  sequences: readonly Sequence[],
  chosen: (name: string) => boolean = () => true,
  wish: WantedHead = "tokens",
): Promise<Difference[]> {
  const lab = new Laboratory("plain", 2);
  try {
    const { runtime, packing } = lab;
    const checkpoint = await openCheckpoint(path);
    const description = await parseModel(checkpoint, wish);
    const weights = resolveWeights(checkpoint, description);
    const values = await loadMatrices(packing, weights, () => "f32", {});
    const decoder = await buildDecoder(packing, description.config, values, 64);
    const loaded = weights.map((stored) => ({ stored, value: matrixNamed(values, stored.spec.name) }));
    const parameters = createParameters(packing, new OptimizerOps(runtime, 2), loaded);
    const loss = new Loss(runtime, 2, decoder, parameters);
    await loss.differentiate(sequences, [sumOfLosses(decoder.head)], undefined, async () => {});
    const elements = ({ ptr, outputs, inputs }: Matrix) =>
      runtime.memory.f32(ptr, matrixBytes(outputs, inputs, "f32") / 4);
    const random = new TestRandom(7);
    const differences: Difference[] = [];
    for (const { stored, value, gradient } of parameters) {
      const { name } = stored.spec;
      const slopes = elements(gradient).slice();
      const signs = slopes.map(() => (random.uniform() < 0.5 ? -1 : 1));
      if (!chosen(name)) continue;
      const length = Math.hypot(...slopes);
      const direction = slopes.map(
        (g, i) => g / (length || 1) + (signs[i] as number) / Math.sqrt(slopes.length),
      );
      const before = elements(value).slice();
      const along = async (by: number) => {
        const moved = before.map((w, i) => w + by * (direction[i] as number));
        elements(value).set(moved);
        return await measureLoss(loss, decoder.head, sequences);
      };
      const step = stepFor(length);
      const slope = ((await along(step)) - (await along(-step))) / (2 * step);
      elements(value).set(before);
      const expected = slopes.reduce((sum, g, i) => sum + g * (direction[i] as number), 0);
      differences.push({ name, length, error: Math.abs(slope - expected) / (length || 1) });
    }
    return differences;
  } finally {
    lab.close();
  }
}
