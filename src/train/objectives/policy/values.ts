/** The value function of a policy learns the returns of its responses. */
import { dimensions } from "../../../compute/tensor.ts";
import type { Head } from "../../../model/modules.ts";
import { completionLength } from "../../completions.ts";
import type { HeadRows } from "../../step/head-rows.ts";
import { Means } from "../../step/metrics.ts";
import type { Objective } from "../objective.ts";
import { type Rollout, rolloutRows } from "./rollouts.ts";

export interface ValueSettings {
  /** Factor of the loss of the values. Default 0.1. */
  readonly vfCoef: number;
  /** How far a value may go from the old one. Default 0.2. */
  readonly cliprangeValue: number;
}

/** The squared error of the values, clipped as the ratio is. */
export function valueObjective(head: Head, rollouts: readonly Rollout[], settings: ValueSettings): Objective {
  const { vfCoef, cliprangeValue: range } = settings;
  const means = new Means();
  const tokens = rollouts.reduce((sum, rollout) => sum + completionLength(rollout), 0);
  return {
    head,
    dropout: 0,
    scale: 1,
    async differentiate(rows, group) {
      const values = await outputsOf(rows);
      const slopes = new Float32Array(values.length);
      let loss = 0;
      for (const { sequence, first, end } of rolloutRows(group)) {
        for (let row = first; row < end; row++) {
          const value = values[row] ?? 0;
          const [old = 0, aim = 0] = [sequence.values[row - first], sequence.returns[row - first]];
          const limited = Math.min(Math.max(value, old - range), old + range);
          const [free, clipped] = [(value - aim) ** 2, (limited - aim) ** 2];
          const isClipped = clipped > free;
          loss += (vfCoef * Math.max(free, clipped)) / 2 / tokens;
          slopes[row] = isClipped && limited !== value ? 0 : (vfCoef * (value - aim)) / tokens;
          means.add("vf_loss", Math.max(free, clipped) / 2);
          means.add("vf_clipfrac", Number(isClipped));
          means.add("value_mean", value);
        }
      }
      await rows.differentiate((outputs, first) => {
        const count = dimensions(outputs)[0];
        rows.gradients.view(outputs).set(slopes.subarray(first, first + count));
      });
      return loss;
    },
    metrics: () => means.values,
  };
}

async function outputsOf(rows: HeadRows): Promise<number[]> {
  const all: number[] = [];
  await rows.read((outputs) => void all.push(...rows.gradients.view(outputs)));
  return all;
}
