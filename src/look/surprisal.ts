/** How surprising each token of a text is (Hale 2001): -log p of the token after those before it. */
import type { Model } from "../engine/model.ts";
import { type Grid, integers, zeros } from "./grid.ts";
import { type RowReading, readRows, rowsPerChunk } from "./read-out.ts";
import { hiddenNames, type Watched, watch } from "./watching.ts";

/** Shapes: T positions, K alternatives. Values of the first position are NaN, its rank is 0. */
export interface Surprisal {
  readonly ids: readonly number[];
  /** -ln p of each id, [T]. */
  readonly nats: Grid;
  /** 1 for the likeliest id, [T]. */
  readonly rank: Grid<Int32Array>;
  /** Entropy in nats of the distribution that each id was drawn from, [T]. */
  readonly entropy: Grid;
  /** The likeliest ids in the place of each id, and their probabilities, [T, K]. */
  readonly topIds: Grid<Int32Array>;
  readonly topProbabilities: Grid;
  /** Mean of `nats`. */
  readonly loss: number;
}

export interface SurprisalOptions {
  /** Alternatives of each token. Default 5. */
  readonly top?: number | undefined;
  /** A pass over the same ids that kept the residual stream after the last block. Default: one of its own. */
  readonly pass?: Watched | undefined;
  readonly signal?: AbortSignal | undefined;
}

export async function surprisal(
  model: Model,
  ids: readonly number[],
  { top = 5, pass, signal }: SurprisalOptions = {},
): Promise<Surprisal> {
  const length = ids.length;
  const count = Math.min(top, model.config.vocabSize);
  const [nats, rank, entropy] = [zeros(length), integers(length), zeros(length)];
  const [topIds, topProbabilities] = [integers(length, count), zeros(length, count)];
  for (const { values } of [nats, entropy, topProbabilities])
    values.fill(Number.NaN, 0, values.length / length);
  const last = hiddenNames(model).at(-1) as string;
  const { kept } = pass ?? (await watch(model, ids, { keep: [last], signal }));
  let sum = 0;
  await eachRow(model, ids, kept(last), count, (i, reading) => {
    const [own] = reading.ids;
    const surprise = -(own?.logProbability ?? Number.NaN);
    nats.values[i] = surprise;
    sum += surprise;
    rank.values[i] = own?.rank ?? 0;
    entropy.values[i] = reading.entropy;
    for (const [k, { id, probability }] of reading.top.entries()) {
      topIds.values[i * count + k] = id;
      topProbabilities.values[i * count + k] = probability;
    }
  });
  return { ids, nats, rank, entropy, topIds, topProbabilities, loss: sum / (length - 1) };
}

/** Calls `see` with what the rows before each id but the first say of it. */
async function eachRow(
  model: Model,
  ids: readonly number[],
  { values }: Grid,
  top: number,
  see: (position: number, reading: RowReading) => void,
): Promise<void> {
  const { nEmbd, layers } = model.config;
  const step = rowsPerChunk(model);
  for (let first = 0; first < ids.length - 1; first += step) {
    const wanted = ids.slice(first + 1, first + 1 + step).map((id) => [id]);
    const rows = values.subarray(first * nEmbd, (first + wanted.length) * nEmbd);
    const readings = await readRows(model, rows, layers.length, { ids: wanted, top });
    for (const [i, reading] of readings.entries()) see(first + 1 + i, reading);
  }
}

/** Mean of -ln p of the ids after the first, from the residual stream after the last block. */
export async function lossOf(model: Model, ids: readonly number[], states: Grid): Promise<number> {
  let sum = 0;
  await eachRow(model, ids, states, 0, (_, { ids: [own] }) => {
    sum -= own?.logProbability ?? Number.NaN;
  });
  return sum / (ids.length - 1);
}
