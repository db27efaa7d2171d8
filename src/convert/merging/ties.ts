/** TIES (Yadav et al. 2023, "Resolving Interference When Merging Models"), as mergekit does it. */
import type { MergeSettings } from "./settings.ts";

/**
 * The differences from the base keep their largest elements. Of each element, those with the sign of the
 * weighted sum are averaged, and added to the base.
 *
 * @param tensors the base first
 */
export function ties(
  [base, ...tensors]: readonly Float32Array[],
  { weights, density = 1 }: MergeSettings,
): Float32Array {
  if (base === undefined) throw new Error("ties has a base");
  const deltas = tensors.map((x) =>
    trimmed(
      x.map((value, i) => value - (base[i] ?? 0)),
      density,
    ),
  );
  return base.map((own, i) => {
    const changeOf = (k: number) => (weights[k] ?? 0) * (deltas[k]?.[i] ?? 0);
    let sum = 0;
    for (let k = 0; k < deltas.length; k++) sum += changeOf(k);
    const sign = sum >= 0 ? 1 : -1;
    let mixed = 0;
    let divisor = 0;
    for (let k = 0; k < deltas.length; k++) {
      const change = changeOf(k);
      if (Math.sign(change) !== sign) continue;
      mixed += change;
      divisor += weights[k] ?? 0;
    }
    return own + mixed / (divisor || 1);
  });
}

/** Zeros in the place of all but the share `density` of the largest magnitudes, the first of equal ones. */
function trimmed(x: Float32Array, density: number): Float32Array {
  const count = Math.floor(density * x.length);
  if (count >= x.length) return x;
  const sorted = x.map(Math.abs).sort();
  const least = sorted[x.length - count] ?? Number.POSITIVE_INFINITY;
  let equal = count - sorted.subarray(sorted.findLastIndex((value) => value <= least) + 1).length;
  return x.map((value) => {
    const magnitude = Math.abs(value);
    if (magnitude > least) return value;
    return magnitude === least && equal-- > 0 ? value : 0;
  });
}
