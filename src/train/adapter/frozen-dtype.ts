/** Types in memory of the weights that an adapter leaves as they are (QLoRA, Dettmers et al. 2023). */
import type { WeightDtype } from "../../compute/tensor.ts";
import { chooseDtypes, type Quantization } from "../../weights/dtype.ts";
import type { ResolvedWeight } from "../../weights/resolve.ts";

/**
 * Matrices stay in their stored type, or in the chosen one. Matrices of heads, convolutions and vectors are
 * f32, as their gradients read them.
 *
 * @throws GptError `usage` for an unknown type
 */
export function frozenDtype(quantization: Quantization | undefined): (weight: ResolvedWeight) => WeightDtype {
  const dtypeOf = chooseDtypes(quantization);
  return (weight) => {
    const { kind, expert, part } = weight.spec;
    const isRead = (kind === "linear" || kind === "table") && (expert === undefined || part === "mlp");
    return isRead ? dtypeOf(weight) : "f32";
  };
}
