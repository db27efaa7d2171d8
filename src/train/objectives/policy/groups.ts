/** Completions of a prompt that are compared with one another: their advantages, and what losses are divided by. */
import { GptError } from "../../../errors.ts";
import { type Completion, completionLength, completionOf } from "../../completions.ts";
import type { PartsReader } from "../../examples.ts";
import type { Fields } from "../preference/pairs.ts";
import { momentsOf } from "./advantages.ts";
import { optionalNumbers, requiredNumber } from "./rollout-fields.ts";

export const GROUP_LOSSES = ["grpo", "bnpo", "dr_grpo", "dapo", "cispo"] as const;

export interface GroupSettings {
  /** Completions of a prompt. Default: neighbours with equal prompts. */
  readonly numGenerations?: number | undefined;
  /** The standard deviation that advantages are divided by: of the group, of the batch, or none. */
  readonly scaleRewards: "group" | "batch" | "none";
}

export interface DivisorSettings {
  /**
   * What the sum over ids is divided by. `grpo`: the length of each completion, then their number. `bnpo`: the
   * ids of the micro-batch. `dr_grpo`: completions times `maxCompletionLength`. `dapo`, `cispo`: the ids of the
   * update. `cispo` clips the weight of the gradient, not the gradient. Default `dapo`.
   */
  readonly loss: (typeof GROUP_LOSSES)[number];
  /** Equal pieces of an update whose losses are averaged. Default 1. */
  readonly microBatches: number;
  /** Default 512. */
  readonly maxCompletionLength: number;
}

export interface Rewarded extends Completion {
  readonly reward: number;
  readonly old: readonly number[] | undefined;
  readonly reference: readonly number[] | undefined;
  readonly advantage: number;
  /** Whether all completions of its prompt have one reward. */
  readonly isTied: boolean;
  /** Standard deviation of all rewards of the batch. */
  readonly deviation: number;
}

export const rewarded: PartsReader = {
  read(example, limits) {
    const fields = example as Fields;
    const { prompt, completion } = fields;
    const sequence = completionOf({ prompt, completion: ["completion", completion] }, limits);
    const length = completionLength(sequence);
    const rewarded: Rewarded = {
      ...sequence,
      reward: requiredNumber(fields, "reward", limits),
      old: optionalNumbers(fields, "oldLogprobs", length, limits),
      reference: optionalNumbers(fields, "refLogprobs", length, limits),
      ...{ advantage: 0, isTied: false, deviation: 0 },
    };
    return [rewarded];
  },
};

/** Keeps a group of equal rewards from a division by 0. */
const LEAST_DEVIATION = 1e-4;

/** Groups of `count` neighbours, or of neighbours with equal prompts. */
function groupsOf(all: readonly Rewarded[], count: number | undefined): Rewarded[][] {
  if (count !== undefined && all.length % count !== 0) {
    const problem = `${all.length} completions are no whole number of groups of ${count}`;
    throw new GptError("usage", `grpo: ${problem}: give each prompt ${count} of them`);
  }
  const promptOf = ({ inputs, promptLength }: Rewarded) => inputs.slice(0, promptLength).join(" ");
  const groups: Rewarded[][] = [];
  for (const row of all) {
    const last = groups.at(-1);
    const first = last?.[0];
    const isFull = count !== undefined && last?.length === count;
    if (first && !isFull && promptOf(first) === promptOf(row)) last?.push(row);
    else if (count !== undefined && last && !isFull) {
      throw new GptError(
        "usage",
        `grpo: batch[${row.unit}]: its prompt is not that of its group of ${count}`,
      );
    } else groups.push([row]);
  }
  return groups;
}

export function withAdvantages(all: readonly Rewarded[], settings: GroupSettings): Rewarded[] {
  const batch = Math.sqrt(momentsOf(all.map(({ reward }) => reward)).variance);
  return groupsOf(all, settings.numGenerations).flatMap((group) => {
    const { mean, variance } = momentsOf(group.map(({ reward }) => reward));
    const own = settings.scaleRewards === "batch" ? batch : Math.sqrt(variance);
    const scale = settings.scaleRewards === "none" ? 1 : own + LEAST_DEVIATION;
    return group.map((row) => ({
      ...row,
      advantage: (row.reward - mean) / scale,
      isTied: own < 1e-8,
      deviation: batch,
    }));
  });
}

/** What the loss of each id is divided by. */
export function divisorsOf(
  all: readonly Rewarded[],
  { loss, microBatches: pieces, maxCompletionLength }: DivisorSettings,
): ReadonlyMap<Rewarded, number> {
  const tokensOf = (rows: readonly Rewarded[]) => rows.reduce((sum, row) => sum + completionLength(row), 0);
  const size = all.length / pieces;
  if (!Number.isInteger(size)) {
    throw new GptError(
      "usage",
      `grpo: ${all.length} completions do not fall into ${pieces} equal micro-batches`,
    );
  }
  const pieceOf = (i: number) => {
    const first = Math.floor(i / size) * size;
    return all.slice(first, first + size);
  };
  const divisor = (row: Rewarded, i: number): number => {
    switch (loss) {
      case "grpo":
        return all.length * completionLength(row);
      case "bnpo":
        return pieces * tokensOf(pieceOf(i));
      case "dr_grpo":
        return all.length * maxCompletionLength;
      default:
        return tokensOf(all);
    }
  };
  return new Map(all.map((row, i) => [row, divisor(row, i)]));
}
