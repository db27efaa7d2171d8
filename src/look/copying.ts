/**
 * Which heads copy (Elhage et al. 2021; the name movers of Wang et al. 2022): they raise the logit of the very
 * token that they read.
 */
import type { Model } from "../engine/model.ts";
import { attribution, attributionPass } from "./attribution/attribution.ts";
import { topOf } from "./distribution.ts";
import { type Grid, integers, zeros } from "./grid.ts";
import { headCounts } from "./parts.ts";

/** Shapes: L layers, H heads. */
export interface Copying {
  readonly ids: readonly number[];
  /**
   * After the last id: sum over the positions j that a head reads of what it adds from j to the logit of the
   * id at j, less its mean over the ids of the text, [L, H]. NaN where heads are no sums of values.
   */
  readonly scores: Grid;
  /** The position with the largest part of that sum, [L, H]; -1 where there is no score. */
  readonly sources: Grid<Int32Array>;
}

/** @throws GptError `usage` as `attribution` */
export async function copying(model: Model, ids: readonly number[], signal?: AbortSignal): Promise<Copying> {
  const pass = await attributionPass(model, ids, signal);
  const distinct = [...new Set(ids)];
  const [layers, most] = [model.config.layers.length, Math.max(1, ...headCounts(model))];
  const parts = new Float32Array(layers * most * ids.length).fill(Number.NaN);
  const add = (at: number, value: number) => {
    parts[at] = (Number.isNaN(parts[at]) ? 0 : (parts[at] as number)) + value;
  };
  for (const token of distinct) {
    signal?.throwIfAborted();
    const found = await attribution(model, ids, { token, against: null, neurons: 0, pass });
    for (const { layer, headsBySource } of found.layers) {
      for (const [i, value] of (headsBySource?.values ?? []).entries()) {
        const at = layer * most * ids.length + i;
        add(at, (ids[i % ids.length] === token ? value : 0) - value / distinct.length);
      }
    }
  }
  const view = { ids, scores: zeros(layers, most), sources: integers(layers, most) };
  for (const head of view.scores.values.keys()) {
    const own = parts.subarray(head * ids.length, (head + 1) * ids.length);
    view.scores.values[head] = own.reduce((sum, value) => sum + value, 0);
    view.sources.values[head] = Number.isNaN(own[0]) ? -1 : (topOf(own, 1)[0] as number);
  }
  return view;
}
