/** Task arithmetic (Ilharco et al. 2023, "Editing Models with Task Arithmetic"), as mergekit does it. */
import type { MergeSettings } from "./settings.ts";

/** base + sum of w_i (x_i - base). @param tensors the base first */
export function taskArithmetic(
  [base, ...tensors]: readonly Float32Array[],
  { weights }: MergeSettings,
): Float32Array {
  if (base === undefined) throw new Error("task arithmetic has a base");
  return base.map((own, i) => {
    let sum = own;
    for (let k = 0; k < tensors.length; k++) sum += (weights[k] ?? 0) * ((tensors[k]?.[i] ?? 0) - own);
    return sum;
  });
}
