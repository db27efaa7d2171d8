/** Low-rank changes of weights (Hu et al. 2021) in doubles. */

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
}

/** The weights with scale B A added to theirs. */
export function changed({ matrices, vectors }: Weights, changes: readonly Change[]): Weights {
  const result = new Map(matrices);
  for (const { weight, firstOutput, a, b, scale } of changes) {
    const rows = (result.get(weight) ?? []).map((row, output) => {
      const left = b[output - firstOutput];
      if (left === undefined) return row;
      return row.map((v, i) => v + scale * sum(left.map((factor, r) => factor * at(a[r] ?? [], i))));
    });
    result.set(weight, rows);
  }
  return { matrices: result, vectors };
}
