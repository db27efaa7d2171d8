/** Texts of a pre-training beside responses (PPO-ptx, Ouyang et al. 2022). */
import { NO_TARGET } from "../../../compute/kernels/table.ts";
import type { Sequence } from "../../examples.ts";
import { Means } from "../../step/metrics.ts";
import { differentiateRows } from "../cross-entropy.ts";
import type { Objective, Step } from "../objective.ts";
import { isRollout } from "./rollouts.ts";

/** Cross-entropy of the texts of a pre-training, against forgetting. */
export function pretrainingObjective({ decoder, sequences }: Step, ptxCoef: number): Objective {
  const targetsOf = (sequence: Sequence) =>
    isRollout(sequence) ? sequence.targets.map(() => NO_TARGET) : [...sequence.targets];
  const all = sequences.flatMap(targetsOf).filter((target) => target !== NO_TARGET).length;
  const scale = ptxCoef / all;
  const means = new Means();
  return {
    head: decoder.head,
    dropout: 0,
    scale: 1,
    async differentiate(rows, group) {
      const targets = group.flatMap(targetsOf);
      const weights = new Float32Array(targets.length).fill(scale);
      const sum = await differentiateRows(rows, { targets, weights, smoothing: 0 });
      means.add("ptx_loss", sum, targets.filter((target) => target !== NO_TARGET).length);
      return sum * scale;
    },
    metrics: () => means.values,
  };
}
