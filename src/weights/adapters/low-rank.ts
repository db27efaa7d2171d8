/** A change of some outputs of a weight by scale B A (LoRA, Hu et al. 2021), in memory. */
import type { Matrix } from "../../compute/tensor.ts";
import { matrixNamed } from "../load.ts";
import type { AdaptedModule } from "./adapter.ts";

export interface LowRank {
  /** [rank, inputs] */
  readonly a: Matrix;
  /** [outputs, rank] */
  readonly b: Matrix;
  /** Output of the weight that is B's first. */
  readonly firstOutput: number;
  readonly scale: number;
  /** Probability that an element of A's input is dropped while A and B are trained. */
  readonly dropout: number;
}

/** Changes by the canonical name of the weight that they change. */
export type LowRanks = ReadonlyMap<string, readonly LowRank[]>;

/** @param values the matrices by their stored names */
export function lowRanksOf(
  adapted: readonly AdaptedModule[],
  values: ReadonlyMap<string, Matrix>,
  scale: number,
  dropout: number,
): LowRanks {
  const changes = new Map<string, LowRank[]>();
  for (const { module, a, b } of adapted) {
    const { weight, firstOutput } = module;
    const change = {
      a: matrixNamed(values, a.spec.name),
      b: matrixNamed(values, b.spec.name),
      firstOutput,
      scale,
      dropout,
    };
    changes.set(weight, [...(changes.get(weight) ?? []), change]);
  }
  return changes;
}
