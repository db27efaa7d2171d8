/** How a policy learns from the rollouts of a step: PPO and GRPO, as examples and updates of a trainer. */
import { shuffled } from "../../data/index.ts";
import type { Example } from "../examples.ts";
import { advantagesOf, momentsOf, rewardsOf } from "../objectives/policy/advantages.ts";
import type { GrpoSettings } from "../objectives/policy/grpo.ts";
import type { PpoSettings } from "../objectives/policy/ppo.ts";
import type { Metrics } from "../step/metrics.ts";
import { distanceOf, type Rollout } from "./rollout.ts";

export interface PolicyMethod {
  /** Responses to a prompt. */
  readonly count: number;
  readonly temperature: number;
  /** Updates of a step. */
  readonly updates: number;
  /** Whether a step needs the reference. */
  readonly needsReference: boolean;
  /** Price of the distance from the reference before any adaptation. */
  readonly klCoef: number;
  examples(rollouts: readonly Rollout[], klCoef: number): Example[];
  /** Numbers of the examples of an update; undefined for all. @param step of the run */
  rowsOf(update: number, step: number): readonly number[] | undefined;
  /** Figures of a step from those of its updates, and of its rollouts. */
  metrics(updates: Metrics, rollouts: readonly Rollout[], klCoef: number): Metrics;
}

/**
 * @param updates that read the rollouts of a step
 * @param isFresh whether the model of the moment writes the rollouts
 */
export const grpoMethod = (settings: GrpoSettings, updates: number, isFresh: boolean): PolicyMethod => ({
  count: settings.numGenerations ?? 8,
  temperature: settings.temperature,
  updates,
  needsReference: settings.beta > 0,
  klCoef: settings.beta,
  examples: (rollouts) =>
    rollouts.map(({ prompt, ids, logprobs, reward, rating }) => ({
      prompt,
      completion: ids,
      reward,
      // The first update's own log-probabilities are those of the sampling.
      ...(updates > 1 || !isFresh ? { oldLogprobs: logprobs } : {}),
      ...(settings.beta > 0 && rating ? { refLogprobs: rating.refLogprobs } : {}),
    })),
  rowsOf: () => undefined,
  metrics: (updates) => updates,
});

/** @param prompts of a step @param seed of the run, which orders the minibatches */
export function ppoMethod(settings: PpoSettings, prompts: number, seed: number): PolicyMethod {
  const { ppoEpochs, miniBatchSize: size = prompts } = settings;
  const parts = Math.ceil(prompts / size);
  return {
    count: 1,
    temperature: settings.temperature,
    updates: ppoEpochs * parts,
    needsReference: true,
    klCoef: settings.klCoef,
    examples(rollouts, klCoef) {
      const scored = rollouts.map(scoredOf);
      const found = advantagesOf(scored, { ...settings, klCoef });
      return rollouts.map(
        ({ prompt, ids }, i) => ({ prompt, response: ids, ...scored[i], ...found[i] }) as Example,
      );
    },
    rowsOf(update, step) {
      const [epoch, part] = [Math.floor(update / parts), update % parts];
      const numbers = Array.from({ length: prompts }, (_, i) => i).slice(part * size, (part + 1) * size);
      return numbers.map((i) => shuffled(i, prompts, [seed, step * ppoEpochs + epoch]));
    },
    metrics(updates, rollouts, klCoef) {
      const price = momentsOf(
        rollouts.map((rollout) =>
          rewardsOf({ ...scoredOf(rollout), score: 0 }, { ...settings, klCoef }).reduce((a, b) => a + b, 0),
        ),
      ).mean;
      const scores = momentsOf(rollouts.map(({ reward }) => reward)).mean;
      const named = Object.entries(NAMES).flatMap(([own, name]): [string, number][] => {
        const value = updates[own];
        return value === undefined ? [] : [[name, value]];
      });
      return {
        ...Object.fromEntries(named),
        "objective/non_score_reward": price,
        "objective/scores": scores,
        "objective/rlhf_reward": scores + price,
        "objective/kl_coef": klCoef,
        "val/num_eos_tokens": rollouts.filter(({ isEnded }) => isEnded).length,
        ...spread(rollouts),
      };
    },
  };
}

/** Figures of an update, and their names in TRL's logs. */
const NAMES: Readonly<Record<string, string>> = {
  pg_loss: "loss/policy_avg",
  vf_loss: "loss/value_avg",
  entropy: "policy/entropy_avg",
  approx_kl: "policy/approxkl_avg",
  clipfrac: "policy/clipfrac_avg",
  vf_clipfrac: "val/clipfrac_avg",
  ratio: "val/ratio",
  ptx_loss: "ptx_loss",
};

const scoredOf = ({ logprobs, reward, rating }: Rollout) => ({
  logprobs,
  refLogprobs: rating?.refLogprobs ?? [],
  values: rating?.values ?? [],
  score: reward,
});

/** How far single responses are from the reference. */
const spread = (rollouts: readonly Rollout[]): Metrics => ({
  "objective/kl_std": Math.sqrt(momentsOf(rollouts.map(distanceOf)).variance),
});
