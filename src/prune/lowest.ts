/**
 * Chooses the weights of the lowest scores, exactly as many as asked for. Among equal scores the first are
 * chosen.
 */
import { type Pattern, zerosAmong } from "./pattern.ts";

/** The values with zeros where the mask has 1. */
export const dropped = (values: Float32Array, mask: Uint8Array): Float32Array =>
  values.map((value, i) => (mask[i] === 1 ? 0 : value));

/** Marks the lowest scores of each row: the share of it, or of each of its groups. */
export function markRows(scores: Float64Array, inputs: number, pattern: Pattern): Uint8Array {
  const mask = new Uint8Array(scores.length);
  for (let begin = 0; begin < scores.length; begin += inputs) {
    const end = begin + inputs;
    if (pattern.kind === "groups") markGroups(scores, mask, [begin, end], pattern);
    else markLowest(scores, mask, begin, end, zerosAmong(inputs, pattern.sparsity));
  }
  return mask;
}

/** Marks the `count` lowest of the scores from `begin` to `end`. @param mask 1 for a marked weight */
export function markLowest(
  scores: Float64Array,
  mask: Uint8Array,
  begin: number,
  end: number,
  count: number,
): void {
  if (count <= 0) return;
  const own = scores.subarray(begin, end);
  const sorted = own.slice().sort();
  const threshold = sorted[count - 1] as number;
  let equal = count;
  for (const score of own) if (score < threshold) equal--;
  for (let i = begin; i < end; i++) {
    const score = scores[i] as number;
    if (score < threshold || (score === threshold && equal-- > 0)) mask[i] = 1;
  }
}

/** Marks the `zeros` lowest of every `group` scores. The last group may be smaller: it has its share. */
export function markGroups(
  scores: Float64Array,
  mask: Uint8Array,
  [begin, end]: readonly [number, number],
  { zeros, group }: { readonly zeros: number; readonly group: number },
): void {
  for (let first = begin; first < end; first += group) {
    const last = Math.min(end, first + group);
    markLowest(scores, mask, first, last, Math.floor((zeros * (last - first)) / group));
  }
}
