/** Lengths of the rows of weights before an adapter with magnitudes changes them (DoRA, Liu et al. 2024). */
import { GradientOps } from "../../compute/training/gradient-ops.ts";
import type { AdaptedModule } from "../../weights/adapters/adapted-module.ts";
import type { RowSquares } from "../../weights/adapters/low-rank.ts";
import { matrixNamed } from "../../weights/load.ts";
import type { OpenWeights } from "../../weights/open.ts";
import type { Matrices } from "../parameters.ts";

/** Squares of the lengths, of the weights with magnitudes. */
export function rowSquares(
  { runtime, threads }: Pick<OpenWeights, "runtime" | "threads">,
  modules: readonly AdaptedModule[],
  values: Matrices,
): RowSquares {
  const ops = new GradientOps(runtime, threads);
  const names = modules.flatMap(({ module, magnitudes }) => (magnitudes ? [module.weight] : []));
  return new Map([...new Set(names)].map((name) => [name, ops.rowSquares(matrixNamed(values, name))]));
}
