/** Types in memory of the weights that an adapter leaves as they are (QLoRA, Dettmers et al. 2023). */
import type { WeightDtype } from "../../compute/tensor.ts";
import { chooseDtypes, type Quantization } from "../../weights/dtype.ts";
import type { ResolvedWeight } from "../../weights/resolve.ts";

/**
 * Matrices stay in their stored type, or in the chosen one. Stacked experts and heads, convolutions and
 * vectors are f32, as their gradients read them.
 *
 * @throws GptError `usage` for an unknown type
 */
export function frozenDtype(quantization: Quantization | undefined): (weight: ResolvedWeight) => WeightDtype {
  const dtypeOf = chooseDtypes(quantization);
  return (weight) => {
    const { kind, expert } = weight.spec;
    return (kind === "linear" || kind === "table") && expert === undefined ? dtypeOf(weight) : "f32";
  };
}
