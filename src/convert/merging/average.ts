/** The weighted mean of models (Wortsman et al. 2022, "Model soups"), as `linear` of mergekit. */
import type { MergeSettings } from "./settings.ts";

/** sum of w_i x_i / sum of w_i, in doubles. */
export function average(tensors: readonly Float32Array[], { weights }: MergeSettings): Float32Array {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const [first] = tensors as [Float32Array];
  return first.map((_, i) => {
    let sum = 0;
    for (let k = 0; k < tensors.length; k++) sum += (weights[k] ?? 0) * (tensors[k]?.[i] ?? 0);
    return sum / total;
  });
}
