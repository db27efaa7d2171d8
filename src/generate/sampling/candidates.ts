/** The tokens that may come next. Every step of the sampler takes candidates and gives candidates. */
import { OptionError, optionNamed } from "../../checks/option-error.ts";
import { GptError } from "../../errors.ts";
import { exp } from "./exp.ts";

/** Tokens in ascending order of id; at least one. */
export interface Candidates {
  readonly ids: Uint32Array;
  /** Distance of each logit from the greatest one, in nats: e^-gap is the weight. The least gap is 0. */
  readonly gaps: Float64Array;
}

/**
 * The candidates of one position: the `topK` likeliest tokens, the lower id among equals; 0 takes all. A
 * token whose logit is -Infinity is banned and never a candidate.
 * @throws GptError `invalid-file` for a logit that is NaN or Infinity, `usage` if every token is banned
 */
export function candidatesOf(logits: Float32Array, topK: number): Candidates {
  const k = topK < logits.length ? topK : 0;
  const size = k || logits.length;
  const top = greatestOf(logits, k || 1);
  const greatest = top.reduce((a, b) => Math.max(a, b), -Infinity);
  if (greatest === -Infinity) throw allBanned(logits.length);
  const least = k > 0 ? (top[0] as number) : -Infinity;
  let ties = least > -Infinity ? top.filter((logit) => logit === least).length : 0;

  const ids = new Uint32Array(size);
  const gaps = new Float64Array(size);
  let count = 0;
  for (let id = 0; id < logits.length && count < size; id++) {
    const logit = logits[id] as number;
    if (logit < least || (logit === least && ties-- <= 0)) continue;
    ids[count] = id;
    gaps[count++] = greatest - logit;
  }
  return { ids: ids.subarray(0, count), gaps: gaps.subarray(0, count) };
}

/**
 * The k greatest logits as a min-heap, the least of them first. -Infinity fills the free places.
 * @throws GptError `invalid-file` for a logit that is NaN or Infinity
 */
export function greatestOf(logits: Float32Array, k: number): Float32Array {
  const heap = new Float32Array(k).fill(-Infinity);
  for (let id = 0; id < logits.length; id++) {
    const logit = logits[id] as number;
    if (logit <= (heap[0] as number)) continue;
    if (!(logit < Infinity)) throw noNumber(id, logit);
    let hole = 0;
    for (;;) {
      let child = 2 * hole + 1;
      if (child + 1 < k && (heap[child + 1] as number) < (heap[child] as number)) child++;
      if (child >= k || (heap[child] as number) >= logit) break;
      heap[hole] = heap[child] as number;
      hole = child;
    }
    heap[hole] = logit;
  }
  return heap;
}

export const noNumber = (id: number, logit: number) =>
  new GptError(
    "invalid-file",
    `the logit of token ${id} is ${logit}: the model's weights are damaged or its numbers overflow`,
  );

export const allBanned = (count: number) =>
  new OptionError(
    "usage",
    `all ${count} tokens are banned here: relax ${optionNamed("ban")}, ${optionNamed("logitBias")} or ${optionNamed("noRepeatNgramSize")}`,
  );

/** Probabilities, up to a common factor. The likeliest weighs 1. */
export function weights({ gaps }: Candidates): Float64Array {
  const result = new Float64Array(gaps.length);
  for (let i = 0; i < gaps.length; i++) result[i] = exp(-(gaps[i] as number));
  return result;
}

/** Added up in order, so that the sum is the same everywhere. */
export function sum(values: Float64Array): number {
  let total = 0;
  for (let i = 0; i < values.length; i++) total += values[i] as number;
  return total;
}

/** The candidates whose position passes the test; it must pass at least one. */
export function filter({ ids, gaps }: Candidates, keeps: (position: number) => boolean): Candidates {
  const positions = new Uint32Array(ids.length);
  let count = 0;
  let least = Infinity;
  for (let position = 0; position < ids.length; position++) {
    if (!keeps(position)) continue;
    positions[count++] = position;
    least = Math.min(least, gaps[position] as number);
  }
  const kept = { ids: new Uint32Array(count), gaps: new Float64Array(count) };
  for (let i = 0; i < count; i++) {
    const position = positions[i] as number;
    kept.ids[i] = ids[position] as number;
    kept.gaps[i] = (gaps[position] as number) - least;
  }
  return kept;
}
