/** Flags of `gpt merge`, and the methods that they choose. */
import { between } from "../../../checks/rules.ts";
import type { MergeOptions } from "../../../convert/merging/merge-models.ts";
import { GptError } from "../../../errors.ts";
import { flagGroup, modelPath, number, numberBy, toggle, value } from "../../flags/flags.ts";
import type { ParsedFlags } from "../../flags/parsed-flags.ts";

function numbers(text: string): number[] {
  return text.split(",").map(number);
}

export const methodFlags = flagGroup("Models instead of adapters:", {
  average: toggle("The mean of all models", { inherited: false }),
  slerp: value(numberBy(between(0, 1)), "From model A, 0, to model B, 1, on the arc between their weights", {
    inherited: false,
  }),
  "task-arithmetic": value(modelPath, "BASE, the model that the changes of all are added to", {
    inherited: false,
  }),
  ties: value(modelPath, "BASE, as --task-arithmetic, where the models agree on the sign of a change", {
    inherited: false,
  }),
  weights: value(numbers, "Weights of the models, such as 1,2,1 [1 each]", { inherited: false }),
  density: value(numberBy(between(0, 1)), "Share of the largest changes that --ties keeps [1]", {
    inherited: false,
  }),
});

type Method = Pick<MergeOptions, "method" | "base" | "weights" | "t" | "density">;

/** @returns undefined if adapters are to be merged. @throws GptError `usage` for two methods, and for none */
export function methodOf(flags: ParsedFlags<typeof methodFlags>): Method | undefined {
  const { average, slerp: t, taskArithmetic, ties, weights, density } = flags;
  const chosen: Method[] = [];
  if (average) chosen.push({ method: "average" });
  if (t !== undefined) chosen.push({ method: "slerp", t });
  if (taskArithmetic !== undefined) chosen.push({ method: "task-arithmetic", base: taskArithmetic });
  if (ties !== undefined) chosen.push({ method: "ties", base: ties });
  const [method, other] = chosen;
  if (other !== undefined) throw new GptError("usage", `${method?.method} and ${other.method}: choose one`);
  if (method !== undefined) return { ...method, weights, density };
  if (weights === undefined && density === undefined) return undefined;
  const flag = weights === undefined ? "--density" : "--weights";
  throw new GptError("usage", `${flag} needs a method: --average, --task-arithmetic BASE or --ties BASE`);
}
