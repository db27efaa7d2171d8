/** The path of a prompt through the model: the residual stream, and what the layers add to it. */
import type { Model } from "../../engine/model.ts";
import { type Grid, zeros } from "../../look/grid.ts";
import { hiddenNames, type Watched } from "../../look/watching.ts";
import type { Flow } from "../page-data.ts";

/** Entries of a vector that are drawn, at most, and numbers of all vectors. */
const MOST_ENTRIES = 64;
const MOST_NUMBERS = 1 << 19;

/** Names of what each layer's attention and feed-forward add to the residual stream. */
const partNames = ({ config }: Pick<Model, "config">): readonly (readonly string[])[] =>
  config.layers.map((_, layer) => ["attention", "mlp"].map((part) => `blocks.${layer}.${part}.added`));

/** What a pass keeps for it: the residual stream too. */
export const flowNames = (model: Pick<Model, "config">): readonly string[] => [
  ...hiddenNames(model),
  ...partNames(model).flat(),
];

export function flowOf(model: Model, ids: readonly number[], { logits, kept }: Watched): Flow {
  const hidden = hiddenNames(model);
  const layers = hidden.length - 1;
  const parts = partNames(model);
  const width = model.config.nEmbd;
  const room = Math.floor(MOST_NUMBERS / (hidden.length * ids.length));
  const entries = Math.max(4, Math.min(width, MOST_ENTRIES, room));
  const stream = zeros(hidden.length, ids.length, entries);
  let at = 0;
  for (const name of hidden) {
    const { values, shape } = kept(name);
    const [, all = width] = shape;
    for (let position = 0; position < ids.length; position++) {
      for (let entry = 0; entry < entries; entry++) {
        stream.values[at++] = values[position * all + Math.floor((entry * width) / entries)] ?? 0;
      }
    }
  }
  const added = zeros(layers, ids.length, 2);
  for (const [layer, names] of parts.entries()) {
    for (const [i, name] of names.entries()) writeLengths(added, layer, i, keptIfAny(kept, name));
  }
  return { stream, added, logits: { shape: [logits.length], values: logits } };
}

/** A layer without attention adds none. */
function keptIfAny(kept: (name: string) => Grid, name: string): Grid | undefined {
  try {
    return kept(name);
  } catch {
    return undefined;
  }
}

function writeLengths(added: Grid, layer: number, part: number, grid: Grid | undefined): void {
  if (grid === undefined) return;
  const [length = 0, width = 0] = grid.shape;
  for (let position = 0; position < length; position++) {
    let sum = 0;
    for (const value of grid.values.subarray(position * width, (position + 1) * width)) sum += value * value;
    added.values[(layer * length + position) * 2 + part] = Math.sqrt(sum);
  }
}
