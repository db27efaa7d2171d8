/**
 * The loss of a text without a head, an attention or an MLP (Michel et al. 2019): each is replaced by zeros or
 * by its mean over the text, in a run of its own.
 */
import type { Model } from "../engine/model.ts";
import { type Grid, zeros } from "./grid.ts";
import { addedName, allOf, headCounts, headsName, replaceColumns } from "./parts.ts";
import { lossOf } from "./surprisal.ts";
import { type Change, hiddenNames, type Watched, watch } from "./watching.ts";

/** Mean losses of the text after each change. Shapes: L layers, H heads of the layer with the most. */
export interface Ablation {
  readonly ids: readonly number[];
  /** Of the unchanged run. */
  readonly loss: number;
  /** [L, H]; NaN where a layer has no such head. */
  readonly heads: Grid;
  /** Without what a branch adds, its biases included, [L]. */
  readonly attention: Grid;
  readonly mlp: Grid;
}

export interface AblationOptions {
  /** Default zero. */
  readonly by?: "zero" | "mean" | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Called before each run. */
  readonly onRun?: ((done: number, all: number) => void) | undefined;
}

export async function ablation(
  model: Model,
  ids: readonly number[],
  { by = "zero", signal, onRun }: AblationOptions = {},
): Promise<Ablation> {
  const counts = headCounts(model);
  const most = Math.max(0, ...counts);
  const layers = counts.length;
  const keep = counts.flatMap((count, layer) => [
    ...(count > 0 ? [headsName(layer)] : []),
    addedName(layer, "attention"),
    addedName(layer, "mlp"),
  ]);
  const { loss, kept } = await lossWith(model, ids, { keep, signal });
  const view = { ids, loss, heads: zeros(layers, most), attention: zeros(layers), mlp: zeros(layers) };
  view.heads.values.fill(Number.NaN);
  const all = counts.reduce((sum, count) => sum + count + 2, 0);
  let done = 0;
  const run = async (name: string, part: number, count: number) => {
    onRun?.(done++, all);
    const changes = new Map([[name, replaceColumns(part, count, kept(name), by)]]);
    return (await lossWith(model, ids, { changes, signal })).loss;
  };
  for (const [layer, count] of counts.entries()) {
    for (let head = 0; head < count; head++) {
      view.heads.values[layer * most + head] = await run(headsName(layer), head, count);
    }
    view.attention.values[layer] = await run(addedName(layer, "attention"), 0, 1);
    view.mlp.values[layer] = await run(addedName(layer, "mlp"), 0, 1);
  }
  return view;
}

/** Heads, and layers of which neither branch adds anything. */
export interface Without {
  readonly heads: readonly { readonly layer: number; readonly head: number }[];
  readonly layers: readonly number[];
}

/** Zeros in the place of several parts together. */
export function withoutParts(model: Pick<Model, "config">, { heads, layers }: Without): Map<string, Change> {
  const changes = new Map<string, Change>();
  const add = (name: string, change: Change) => {
    const before = changes.get(name);
    changes.set(name, before ? allOf([before, change]) : change);
  };
  for (const layer of layers) {
    for (const kind of ["attention", "mlp"] as const) {
      add(addedName(layer, kind), (values) => void values.fill(0));
    }
  }
  const counts = headCounts(model);
  for (const { layer, head } of heads) {
    const count = counts[layer] as number;
    add(headsName(layer), (values, width) => {
      const size = width / count;
      for (let first = head * size; first < values.length; first += width)
        values.fill(0, first, first + size);
    });
  }
  return changes;
}

/** The loss of a text in a run with changes. */
export async function lossWith(
  model: Model,
  ids: readonly number[],
  { keep = [], changes, signal }: Parameters<typeof watch>[2],
): Promise<{ readonly loss: number; readonly kept: Watched["kept"] }> {
  const last = hiddenNames(model).at(-1) as string;
  const { kept } = await watch(model, ids, { keep: [...keep, last], changes, signal });
  return { loss: await lossOf(model, ids, kept(last)), kept };
}
