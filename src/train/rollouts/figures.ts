/** Figures of the rollouts of a step, under the names that TRL gives them. */

import { momentsOf } from "../objectives/policy/advantages.ts";
import { k3 } from "../objectives/policy/clipped-ratio.ts";
import type { Metrics } from "../step/metrics.ts";
import { distanceOf, type Rollout } from "./rollout.ts";

export interface RolloutFigures {
  /** Mean reward. */
  readonly reward: number;
  /** Mean KL divergence of a response from the reference, in nats; undefined if it is not measured. */
  readonly kl: number | undefined;
  readonly metrics: Metrics;
}

/** @param names of the sources of rewards */
export function figuresOf(rollouts: readonly Rollout[], names: readonly string[]): RolloutFigures {
  const { mean: reward, variance } = momentsOf(rollouts.map((rollout) => rollout.reward));
  const parts = names.flatMap((name, i): [string, number][] => {
    const own = rollouts.flatMap(({ score }) => score.parts[i] ?? []);
    if (own.length === 0) return [];
    const moments = momentsOf(own);
    return [
      [`rewards/${name}/mean`, moments.mean],
      [`rewards/${name}/std`, Math.sqrt(moments.variance)],
    ];
  });
  const lengths = rollouts.map(({ ids }) => ids.length);
  const ended = rollouts.filter(({ isEnded }) => isEnded).map(({ ids }) => ids.length);
  const isMeasured = rollouts.every(({ rating }) => rating !== undefined);
  const kl = isMeasured ? momentsOf(rollouts.map(distanceOf)).mean : undefined;
  const entropy = -momentsOf(rollouts.map(({ logprobs }) => sumOf(logprobs))).mean;
  return {
    reward,
    kl,
    metrics: {
      reward,
      reward_std: Math.sqrt(variance),
      ...Object.fromEntries(parts),
      ...(kl === undefined
        ? {}
        : { "objective/kl": kl, "objective/kl_k3": momentsOf(rollouts.map(surpriseOf)).mean }),
      "objective/entropy": entropy,
      "completions/mean_length": momentsOf(lengths).mean,
      "completions/min_length": Math.min(...lengths),
      "completions/max_length": Math.max(...lengths),
      "completions/clipped_ratio": 1 - ended.length / rollouts.length,
      ...(ended.length === 0 ? {} : { "completions/mean_terminated_length": momentsOf(ended).mean }),
    },
  };
}

const sumOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);

/** The estimator of the same divergence that is never negative. */
const surpriseOf = ({ logprobs, rating }: Rollout): number =>
  sumOf(logprobs.map((logprob, t) => k3((rating?.refLogprobs[t] ?? logprob) - logprob)));
