/**
 * The logit lens (nostalgebraist 2020): what the head says of the residual stream after each block. The final
 * norm takes the statistics of the rows it is given, so the last row is the model's own output.
 */
import type { Model } from "../engine/model.ts";
import { type Grid, integers, zeros } from "./grid.ts";
import { type RowReading, readFinals, readRows, rowsPerChunk } from "./read-out.ts";
import { hiddenNames, type Watched, watch } from "./watching.ts";

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
  /** A pass over the same ids that kept the residual stream. Default: one of its own. */
  readonly pass?: Watched | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Each position costs a head for each layer: those of a long text would take longer than the text. */
const MOST_POSITIONS = 128;

export async function lens(
  model: Model,
  ids: readonly number[],
  { top = 5, positions = lastOf(ids), pass, signal }: LensOptions = {},
): Promise<Lens> {
  const names = hiddenNames(model);
  const count = Math.min(top, model.config.vocabSize);
  const { kept } = pass ?? (await watch(model, ids, { keep: names, signal }));
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
  const last = names.length - 1;
  for (let first = 0; first < positions.length; first += step) {
    const chunk = positions.slice(first, first + step);
    const rows = (layer: number) => rowsAt(kept(names[layer] as string), chunk);
    const next = chunk.map((at) => ids[at + 1]);
    // The head takes most of the time: that of the last layer is multiplied once.
    const { readings: finals, logits } = await readFinals(model, rows(last), {
      ids: next.map((id) => [id]),
      top: Math.max(1, count),
    });
    for (const [i, reading] of finals.entries()) {
      const all = [...reading.ids, { logProbability: Number.NaN, rank: 1 }];
      fill(view, last * positions.length + first + i, { ...reading, ids: all, divergence: 0 });
    }
    const wanted = next.map((id, i) => [id, finals[i]?.top[0]?.id]);
    for (let layer = 0; layer < last; layer++) {
      signal?.throwIfAborted();
      const readings = await readRows(model, rows(layer), layer, { ids: wanted, top: count, finals: logits });
      for (const [i, reading] of readings.entries())
        fill(view, layer * positions.length + first + i, reading);
    }
  }
  return view;
}

const lastOf = (ids: readonly number[]): number[] => [...ids.keys()].slice(-MOST_POSITIONS);

function rowsAt({ shape, values }: Grid, positions: readonly number[]): Float32Array {
  const width = shape[1] as number;
  const rows = new Float32Array(positions.length * width);
  for (const [i, at] of positions.entries())
    rows.set(values.subarray(at * width, (at + 1) * width), i * width);
  return rows;
}

function fill(view: Lens, cell: number, { ids: [next, final], top, divergence, entropy }: RowReading): void {
  const count = view.topIds.shape[2] as number;
  for (const [k, { id, probability }] of top.entries()) {
    view.topIds.values[cell * count + k] = id;
    view.topProbabilities.values[cell * count + k] = probability;
  }
  view.logProbability.values[cell] = next?.logProbability ?? Number.NaN;
  view.rank.values[cell] = next?.rank ?? 0;
  view.finalRank.values[cell] = final?.rank ?? 0;
  view.divergence.values[cell] = divergence;
  view.entropy.values[cell] = entropy;
}
