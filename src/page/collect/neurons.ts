/** The neurons that count most for the answer. */
import type { Model } from "../../engine/model.ts";
import { integers, zeros } from "../../look/grid.ts";
import { type Effects, neuron } from "../../look/neurons.ts";
import type { Neuron, Ranking } from "../page-data.ts";

const SHOWN = 8;
const EFFECTS = 6;

/** @param places the neurons with the largest shares of the answer first */
export async function neuronsOf(
  model: Model,
  ids: readonly number[],
  places: readonly { readonly layer: number; readonly neuron: number }[],
): Promise<Neuron[]> {
  const found: Neuron[] = [];
  for (const place of places.slice(0, SHOWN)) {
    const {
      layer,
      neuron: number,
      activations,
      effectsThroughNorm,
    } = await neuron(model, ids, place, EFFECTS);
    const raises = rankingOf(effectsThroughNorm.top);
    found.push({ layer, neuron: number, activations, raises, lowers: rankingOf(effectsThroughNorm.bottom) });
  }
  return found;
}

function rankingOf(scored: Effects["top"]): Ranking {
  const [ids, values] = [integers(scored.length), zeros(scored.length)];
  for (const [i, { id, value }] of scored.entries()) {
    ids.values[i] = id;
    values.values[i] = value;
  }
  return { ids, values };
}
