/** A new head before its first step. */
import type { Packing } from "../../compute/packing/packing.ts";
import type { Matrix } from "../../compute/tensor.ts";
import type { JsonObject } from "../../files/json.ts";
import { Random } from "../../generate/sampling/random.ts";
import type { DecoderConfig } from "../../model/config.ts";
import { outputsOf } from "../../model/weights.ts";
import { deviationOf, normalNumbers } from "./initial-model.ts";

/**
 * Weights from a normal distribution.
 *
 * @param json the model's config.json, which holds the deviation
 * @param seed unsigned 32-bit integer
 */
export function drawHead(
  packing: Packing,
  { head, nEmbd }: DecoderConfig,
  json: JsonObject,
  seed: number,
): Promise<Matrix> {
  const outputs = outputsOf(head, 0);
  const deviation = deviationOf(json);
  const normal = normalNumbers(new Random(seed));
  const values = Float32Array.from({ length: outputs * nEmbd }, () => deviation * normal());
  return packing.packed(values, outputs, nEmbd);
}
