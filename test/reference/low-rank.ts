/** Low-rank changes of weights (Hu et al. 2021; with lengths of rows, Liu et al. 2024) in doubles. */

import { at, sum } from "../../src/reference/twins.ts";
import type { Weights } from "./decoder.ts";

export interface Change {
  /** Canonical name of the weight. */
  readonly weight: string;
  readonly firstOutput: number;
  /** [rank, inputs] */
  readonly a: number[][];
  /** [outputs, rank] */
  readonly b: number[][];
  readonly scale: number;
  /** Lengths of the changed rows. */
  readonly magnitudes?: number[] | undefined;
  /** What the rows are divided by before. Default: their lengths. */
  readonly lengths?: number[] | undefined;
}

/** The weights with scale B A added to theirs, and with the lengths of their rows. */
export function changed({ matrices, vectors }: Weights, changes: readonly Change[]): Weights {
  const result = new Map(matrices);
  for (const { weight, firstOutput, a, b, scale, magnitudes, lengths } of changes) {
    const rows = (result.get(weight) ?? []).map((row, output) => {
      const left = b[output - firstOutput];
      if (left === undefined) return row;
      const sums = row.map((v, i) => v + scale * sum(left.map((factor, r) => factor * at(a[r] ?? [], i))));
      if (magnitudes === undefined) return sums;
      const own = output - firstOutput;
      const factor = at(magnitudes, own) / (lengths ? at(lengths, own) : Math.hypot(...sums));
      return sums.map((v) => factor * v);
    });
    result.set(weight, rows);
  }
  return { matrices: result, vectors };
}
