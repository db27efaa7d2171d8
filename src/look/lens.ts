/**
 * The logit lens (nostalgebraist 2020): what the head says of the residual stream after each block. The final
 * norm takes the statistics of the rows it is given, so the last row is the model's own output.
 */
import type { Model } from "../engine/model.ts";
import { Distribution } from "./distribution.ts";
import { type Grid, integers, zeros } from "./grid.ts";
import { readOut, rowsPerChunk } from "./read-out.ts";
import { hiddenNames, watch } from "./watching.ts";

/** Shapes: L blocks, P positions, K ids. */
export interface Lens {
  readonly ids: readonly number[];
  /** The positions that were looked at, the last ones of a long text. */
  readonly positions: readonly number[];
  /** The likeliest ids and their probabilities, [L + 1, P, K]. */
  readonly topIds: Grid<Int32Array>;
  readonly topProbabilities: Grid;
  /** ln p and rank of the id that comes next, [L + 1, P]; NaN and 0 after the last id. */
  readonly logProbability: Grid;
  readonly rank: Grid<Int32Array>;
  /** Rank of the id that is the likeliest after the last block, [L + 1, P]. */
  readonly finalRank: Grid<Int32Array>;
  /** KL(last || this) in nats, [L + 1, P]. */
  readonly divergence: Grid;
  /** In nats, [L + 1, P]. */
  readonly entropy: Grid;
}

export interface LensOptions {
  /** Ids of a cell. Default 5. */
  readonly top?: number | undefined;
  /** Positions to look at. Default: the last 128. */
  readonly positions?: readonly number[] | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Each position costs a head for each layer: those of a long text would take longer than the text. */
const MOST_POSITIONS = 128;

export async function lens(
  model: Model,
  ids: readonly number[],
  { top = 5, positions = lastOf(ids), signal }: LensOptions = {},
): Promise<Lens> {
  const names = hiddenNames(model);
  const count = Math.min(top, model.config.vocabSize);
  const { kept } = await watch(model, ids, { keep: names, signal });
  const cells = [names.length, positions.length] as const;
  const view = {
    ids,
    positions,
    topIds: integers(...cells, count),
    topProbabilities: zeros(...cells, count),
    logProbability: zeros(...cells),
    rank: integers(...cells),
    finalRank: integers(...cells),
    divergence: zeros(...cells),
    entropy: zeros(...cells),
  };
  const step = rowsPerChunk(model);
  for (let first = 0; first < positions.length; first += step) {
    const chunk = positions.slice(first, first + step);
    const last = names.length - 1;
    const finals = await distributions(model, kept(names[last] as string), chunk, last);
    for (const [layer, name] of names.entries()) {
      signal?.throwIfAborted();
      const own = layer === last ? finals : await distributions(model, kept(name), chunk, layer);
      for (const [i, distribution] of own.entries()) {
        const next = ids[(chunk[i] as number) + 1];
        fill(view, layer * positions.length + first + i, distribution, finals[i] as Distribution, next);
      }
    }
  }
  return view;
}

const lastOf = (ids: readonly number[]): number[] => [...ids.keys()].slice(-MOST_POSITIONS);

async function distributions(
  model: Model,
  { shape, values }: Grid,
  positions: readonly number[],
  layer: number,
): Promise<Distribution[]> {
  const width = shape[1] as number;
  const rows = new Float32Array(positions.length * width);
  for (const [i, at] of positions.entries())
    rows.set(values.subarray(at * width, (at + 1) * width), i * width);
  const logits = await readOut(model, rows, layer);
  const size = logits.length / positions.length;
  return positions.map((_, i) => new Distribution(logits.subarray(i * size, (i + 1) * size)));
}

function fill(
  view: Lens,
  cell: number,
  own: Distribution,
  final: Distribution,
  next: number | undefined,
): void {
  const count = view.topIds.shape[2] as number;
  for (const [k, id] of own.top(count).entries()) {
    view.topIds.values[cell * count + k] = id;
    view.topProbabilities.values[cell * count + k] = own.probability(id);
  }
  view.logProbability.values[cell] = next === undefined ? Number.NaN : own.logProbability(next);
  view.rank.values[cell] = next === undefined ? 0 : own.rank(next);
  view.finalRank.values[cell] = own.rank(final.top(1)[0] as number);
  view.divergence.values[cell] = final.divergence(own);
  view.entropy.values[cell] = own.entropy();
}
