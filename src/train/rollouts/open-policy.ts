/** The policy of a run, with the rewards that it learns from. */

import { GptError } from "../../errors.ts";
import { Rewards } from "../rewards/table.ts";
import type { ModelInTraining } from "../run/model-in-training.ts";
import type { Prepared } from "../run/prepare.ts";
import type { RunRequest } from "../run/request.ts";
import type { Trainer } from "../trainer.ts";
import { GivenRollouts } from "./given-rollouts.ts";
import { grpoMethod, ppoMethod } from "./methods.ts";
import { Policy } from "./policy.ts";
import { policySettings, updatesOf } from "./policy-request.ts";

/**
 * @returns undefined for a task that learns from given texts; the opener disposes of it
 * @throws GptError as `Rewards.open`
 */
export async function openPolicy(
  { plan, data, start: { tokenizer } }: Prepared,
  request: RunRequest,
  trainer: Trainer,
  signal: AbortSignal,
): Promise<(ModelInTraining & AsyncDisposable) | undefined> {
  const { objective } = trainer.hyperparameters;
  if (objective.kind !== "ppo" && objective.kind !== "grpo") return undefined;
  const { reward = [], rewardCommand, rewardTimeout: timeoutSeconds, threads, simd } = request;
  const specs = rewardCommand === undefined ? reward : [...reward, `command:${rewardCommand}`];
  const rewards = await Rewards.open(specs, { engine: { threads, simd, signal }, timeoutSeconds });
  const updates = updatesOf(plan, request);
  const given = request.rollouts === undefined ? undefined : await givenRollouts(request.rollouts, objective);
  const method =
    objective.kind === "ppo"
      ? ppoMethod(objective, plan.sequences, plan.seed)
      : grpoMethod(objective, updates, given === undefined);
  const settings = policySettings(request, plan);
  const epoch = { prompts: data.sequences, batch: plan.sequences };
  return new Policy({
    trainer,
    tokenizer,
    rewards,
    method,
    settings,
    given: given && { ...epoch, answers: given },
  });
}

/** @throws GptError `usage` for another temperature than that of the log-probabilities in the file */
async function givenRollouts(path: string, { temperature }: { readonly temperature: number }) {
  if (temperature === 1) return await GivenRollouts.read(path);
  const problem = "the log-probabilities of a file are those of temperature 1";
  throw new GptError(
    "usage",
    `--temp ${temperature}: ${problem}: draw answers at --temp 1 and leave --temp out`,
  );
}
