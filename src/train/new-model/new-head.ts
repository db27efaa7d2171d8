/** A new head before its first step. */
import type { Packing } from "../../compute/packing/packing.ts";
import type { Matrix } from "../../compute/tensor.ts";
import type { JsonObject } from "../../files/json.ts";
import { Random } from "../../generate/sampling/random.ts";
import type { ResolvedWeight } from "../../weights/resolve.ts";
import { deviationOf, normalNumbers } from "./initial-model.ts";

/**
 * Weights from a normal distribution, and biases of 0, by canonical name.
 *
 * @param json the model's config.json, which holds the deviation
 * @param seed unsigned 32-bit integer
 */
export async function drawHead(
  packing: Packing,
  weights: readonly ResolvedWeight[],
  json: JsonObject,
  seed: number,
): Promise<Map<string, Matrix>> {
  const deviation = deviationOf(json);
  const normal = normalNumbers(new Random(seed));
  const drawn = new Map<string, Matrix>();
  for (const { spec } of weights) {
    const [outputs, inputs = 1] = spec.shape;
    const next = spec.kind === "bias" ? () => 0 : spec.kind === "norm" ? () => 1 : () => deviation * normal();
    const values = Float32Array.from({ length: outputs * inputs }, next);
    drawn.set(spec.name, await packing.packed(values, outputs, inputs));
  }
  return drawn;
}
