/** How a model's sessions keep keys and values. */

import { INT8_HEAD_DIM, KV_DTYPES, type KvDtype } from "../compute/memory/kv-cache.ts";
import { isQuantized } from "../compute/packing/quantized-layouts.ts";
import type { WeightDtype } from "../compute/tensor.ts";
import { GptError } from "../errors.ts";
import { quote } from "../files/quote.ts";
import type { DecoderConfig } from "../model/config.ts";
import { weightBytes } from "../weights/memory-plan.ts";
import type { ResolvedWeight } from "../weights/resolve.ts";

/**
 * @param dtypeOf how a weight will be kept in memory
 * @param wish undefined: int8 beside quantized weights, whose inputs lose as much, where the heads allow it; f32 otherwise
 * @throws GptError `usage` for a dtype that there is not, and for one that the heads do not allow
 */
export function chooseKvDtype(
  { headDim }: DecoderConfig,
  weights: readonly ResolvedWeight[],
  dtypeOf: (weight: ResolvedWeight) => WeightDtype,
  wish: KvDtype | undefined,
): KvDtype {
  const [multiple, most] = INT8_HEAD_DIM;
  const fits = headDim % multiple === 0 && headDim <= most;
  if (wish === undefined) {
    const quantized = weights.filter((weight) => isQuantized(dtypeOf(weight)));
    const isMost = 2 * weightBytes(quantized, dtypeOf) > weightBytes(weights, dtypeOf);
    return fits && isMost ? "int8" : "f32";
  }
  if (!KV_DTYPES.includes(wish)) {
    throw new GptError("usage", `key/value cache ${quote(wish)}: expected one of ${KV_DTYPES.join(", ")}`);
  }
  if (wish === "int8" && !fits) {
    const expected = `a multiple of ${multiple} up to ${most}`;
    throw new GptError(
      "usage",
      `an int8 key/value cache needs heads of ${expected} dimensions, this model has ${headDim}: choose f32`,
    );
  }
  return wish;
}
