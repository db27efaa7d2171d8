/**
 * Attention rollout (Abnar & Zuidema 2020): the share of each position in each row of the residual stream, if
 * attention were all that moves it. B_l = (mean attention + identity) / 2, rows divided by their sum, and
 * R_l = B_l R_(l - 1). It ignores values and feed-forward layers, and drifts to the first position with depth.
 */
import type { Attention } from "./attention.ts";
import { type Grid, zeros } from "./grid.ts";

/** After each layer with attention, [layers, N, N]. The last is the usual answer. */
export function rollout({ layers }: Attention): Grid {
  const size = layers[0]?.mean.shape[0] ?? 0;
  const all = zeros(layers.length, size, size);
  let before = identity(size);
  for (const [l, { mean }] of layers.entries()) {
    const after = new Float64Array(size * size);
    for (let i = 0; i < size; i++) {
      const own = Array.from({ length: i + 1 }, (_, j) => {
        const weight = mean.values[i * size + j] as number;
        return (weight + (i === j ? 1 : 0)) / 2;
      });
      const sum = own.reduce((a, b) => a + b, 0);
      for (const [j, share] of own.entries()) {
        for (let k = 0; k <= j; k++) {
          const at = i * size + k;
          after[at] = (after[at] as number) + (share / sum) * (before[j * size + k] as number);
        }
      }
    }
    all.values.set(after, l * size * size);
    before = after;
  }
  return all;
}

function identity(size: number): Float64Array {
  const rows = new Float64Array(size * size);
  for (let i = 0; i < size; i++) rows[i * size + i] = 1;
  return rows;
}
