/** The matrices of an adapter beside the weights of a decoder, in memory. */
import type { Matrix } from "../../compute/tensor.ts";
import type { LowRank } from "../../model/linear.ts";
import { matrixNamed } from "../load.ts";
import type { LowRanks } from "../module-builder.ts";
import type { AdaptedModule } from "./adapter.ts";

/** @param values matrices by stored name */
export function lowRanksOf(
  adapted: readonly AdaptedModule[],
  values: ReadonlyMap<string, Matrix>,
  dropout: number,
): LowRanks {
  const changes = new Map<string, LowRank[]>();
  for (const { module, a, b, scaling } of adapted) {
    const { weight, firstOutput } = module;
    const change = {
      a: matrixNamed(values, a.spec.name),
      b: matrixNamed(values, b.spec.name),
      firstOutput,
      scale: scaling,
      dropout,
    };
    changes.set(weight, [...(changes.get(weight) ?? []), change]);
  }
  return changes;
}
