/** The policy of a run, with the rewards that it learns from. */
import { Rewards } from "../rewards/table.ts";
import type { ModelInTraining } from "../run/model-in-training.ts";
import type { Prepared } from "../run/prepare.ts";
import type { RunRequest } from "../run/request.ts";
import type { Trainer } from "../trainer.ts";
import { grpoMethod, ppoMethod } from "./methods.ts";
import { Policy } from "./policy.ts";
import { policySettings, updatesOf } from "./policy-request.ts";

/**
 * @returns undefined for a task that learns from given texts; the opener disposes of it
 * @throws GptError as `Rewards.open`
 */
export async function openPolicy(
  { plan, start: { tokenizer } }: Prepared,
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
  const method =
    objective.kind === "ppo"
      ? ppoMethod(objective, plan.sequences, plan.seed)
      : grpoMethod(objective, updates);
  return new Policy({ trainer, tokenizer, rewards, method, settings: policySettings(request, plan) });
}
