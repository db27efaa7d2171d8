/** How much the loss of a text hangs on each head (Michel et al. 2019), by one pass back for all heads. */
import type { Model } from "../../engine/model.ts";
import { type Grid, zeros } from "../grid.ts";
import { headCounts, headsName } from "../parts.ts";
import { toLogProbabilityGradient } from "./score.ts";

/**
 * Derivative of the mean loss of a text by a factor of the output of each head, at 1, [L, H]. NaN where a layer
 * has no such head.
 */
export async function headGradients(
  model: Model,
  ids: readonly number[],
  signal?: AbortSignal,
): Promise<Grid> {
  const counts = headCounts(model);
  const most = Math.max(0, ...counts);
  const view = zeros(counts.length, most);
  view.values.fill(Number.NaN);
  const layerOf = new Map(counts.map((_, layer) => [headsName(layer), layer]));
  const outputs = new Map<string, Float32Array>();
  const { vocabSize } = model.config;
  await model.differentiate({
    ids,
    from: 0,
    signal,
    score: (logits) => {
      for (const [row] of ids.entries()) {
        const own = logits.subarray(row * vocabSize, (row + 1) * vocabSize);
        const next = ids[row + 1];
        const factor = next === undefined ? 0 : -1 / (ids.length - 1);
        toLogProbabilityGradient(own, next ?? 0, factor);
      }
    },
    observer: {
      wants: (name) => layerOf.has(name),
      see(name, _shape, values) {
        outputs.set(name, values);
        return undefined;
      },
      wantsGradient: (name) => layerOf.has(name),
      seeGradient(name, gradient) {
        const layer = layerOf.get(name) as number;
        const count = counts[layer] as number;
        const size = gradient.length / ids.length / count;
        const sums = new Float64Array(count);
        for (const [i, z] of (outputs.get(name) as Float32Array).entries()) {
          const head = Math.floor(i / size) % count;
          sums[head] = (sums[head] as number) + z * (gradient[i] as number);
        }
        view.values.set(sums, layer * most);
      },
    },
  });
  return view;
}
