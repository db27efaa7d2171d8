/** How surprising each token of a text is (Hale 2001): -log p of the token after those before it. */
import type { Model } from "../engine/model.ts";
import { Distribution } from "./distribution.ts";
import { type Grid, integers, zeros } from "./grid.ts";
import { readOut, rowsPerChunk } from "./read-out.ts";
import { hiddenNames, watch } from "./watching.ts";

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
  readonly signal?: AbortSignal | undefined;
}

export async function surprisal(
  model: Model,
  ids: readonly number[],
  { top = 5, signal }: SurprisalOptions = {},
): Promise<Surprisal> {
  const length = ids.length;
  const count = Math.min(top, model.config.vocabSize);
  const [nats, rank, entropy] = [zeros(length), integers(length), zeros(length)];
  const [topIds, topProbabilities] = [integers(length, count), zeros(length, count)];
  for (const { values } of [nats, entropy, topProbabilities])
    values.fill(Number.NaN, 0, values.length / length);
  let sum = 0;
  await eachDistribution(model, ids, signal, (distribution, position) => {
    const i = position + 1;
    const id = ids[i];
    if (id === undefined) return;
    const surprise = -distribution.logProbability(id);
    nats.values[i] = surprise;
    sum += surprise;
    rank.values[i] = distribution.rank(id);
    entropy.values[i] = distribution.entropy();
    for (const [k, likely] of distribution.top(count).entries()) {
      topIds.values[i * count + k] = likely;
      topProbabilities.values[i * count + k] = distribution.probability(likely);
    }
  });
  return { ids, nats, rank, entropy, topIds, topProbabilities, loss: sum / (length - 1) };
}

/** Calls `see` with the distribution after each id. The logits of a few positions are in memory at a time. */
async function eachDistribution(
  model: Model,
  ids: readonly number[],
  signal: AbortSignal | undefined,
  see: (distribution: Distribution, position: number) => void,
): Promise<void> {
  const last = hiddenNames(model).at(-1) as string;
  const { kept } = await watch(model, ids, { keep: [last], signal });
  await eachRow(model, kept(last), (logits, row) => see(new Distribution(logits), row));
}

async function eachRow(
  model: Model,
  { values }: Grid,
  see: (logits: Float32Array, row: number) => void,
): Promise<void> {
  const { nEmbd, vocabSize, layers } = model.config;
  const step = rowsPerChunk(model);
  const rows = values.length / nEmbd;
  for (let first = 0; first < rows; first += step) {
    const chunk = values.subarray(first * nEmbd, (first + step) * nEmbd);
    const logits = await readOut(model, chunk, layers.length);
    for (let i = 0; i * vocabSize < logits.length; i++) {
      see(logits.subarray(i * vocabSize, (i + 1) * vocabSize), first + i);
    }
  }
}
/** Mean of -ln p of the ids after the first, from the residual stream after the last block. */
export async function lossOf(model: Model, ids: readonly number[], states: Grid): Promise<number> {
  let sum = 0;
  await eachRow(model, states, (logits, row) => {
    const id = ids[row + 1];
    if (id !== undefined) sum -= new Distribution(logits).logProbability(id);
  });
  return sum / (ids.length - 1);
}
