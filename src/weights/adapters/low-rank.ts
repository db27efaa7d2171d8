/** The matrices of an adapter beside the weights of a decoder, in memory. */
import type { Packing } from "../../compute/packing/packing.ts";
import type { Matrix } from "../../compute/tensor.ts";
import type { LowRank } from "../../model/linear.ts";
import { matrixNamed } from "../load.ts";
import type { LowRanks } from "../module-builder.ts";
import type { AdaptedModule } from "./adapted-module.ts";

/**
 * @param values matrices by stored name
 * @param squares of the lengths of the rows of changed weights, for an adapter with magnitudes
 */
export function lowRanksOf(
  packing: Packing,
  adapted: readonly AdaptedModule[],
  values: ReadonlyMap<string, Matrix>,
  dropout: number,
  squares: RowSquares = new Map(),
): LowRanks {
  const changes = new Map<string, LowRank[]>();
  for (const { module, a, b, magnitudes, scaling } of adapted) {
    const { weight, firstOutput } = module;
    const m = magnitudes && matrixNamed(values, magnitudes.spec.name);
    const change = {
      a: matrixNamed(values, a.spec.name),
      b: matrixNamed(values, b.spec.name),
      magnitudes: m && {
        values: packing.vector(m),
        squares: squaresOf(squares, module),
      },
      firstOutput,
      scale: scaling,
      dropout,
    };
    changes.set(weight, [...(changes.get(weight) ?? []), change]);
  }
  return changes;
}

/** Squares of the lengths of the rows of weights, by canonical name. */
export type RowSquares = ReadonlyMap<string, Float64Array>;

/** Those of the rows of a module. */
export const squaresOf = (
  squares: RowSquares,
  { weight, firstOutput, outputs }: AdaptedModule["module"],
): Float64Array => (squares.get(weight) ?? new Float64Array()).subarray(firstOutput, firstOutput + outputs);
