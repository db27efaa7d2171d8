/** What a request says of a policy: its objective, its updates, the settings of its rollouts. */
import { GptError } from "../../errors.ts";
import type { GrpoSettings } from "../objectives/policy/grpo.ts";
import type { ChosenObjective } from "../objectives/table.ts";
import type { TrainPlan } from "../run/plan.ts";
import type { RunRequest } from "../run/request.ts";
import type { PolicySettings } from "./policy.ts";

/** Tokens of a response unless the request says it. */
const RESPONSE_TOKENS = 64;
/** Responses to a prompt, as in TRL. */
const GENERATIONS = 8;
/** Times that PPO reads the rollouts of a step. */
const PPO_EPOCHS = 4;
/** Of Ziegler et al. 2019. */
const HORIZON = 10_000;

export function policyObjective(task: "ppo" | "grpo", request: RunRequest): ChosenObjective {
  const { reference, temp: temperature, clipRange } = request;
  if (task === "ppo") {
    const { klCoef, klEstimator, vfCoef, gamma, lam, miniBatch: miniBatchSize } = request;
    const kl = { klCoef, klEstimator };
    const ppoEpochs = request.updates ?? PPO_EPOCHS;
    return {
      ...{ kind: "ppo", reference, temperature, ppoEpochs, miniBatchSize, cliprange: clipRange },
      ...{ ...kl, vfCoef, gamma, lam },
    };
  }
  const { beta, scaleRewards, loss, ratioLevel, clipRangeHigh } = request;
  return {
    ...{ kind: "grpo", reference, temperature, beta, scaleRewards, epsilon: clipRange },
    epsilonHigh: clipRangeHigh,
    loss: loss as GrpoSettings["loss"] | undefined,
    importanceSamplingLevel: ratioLevel,
    numGenerations: request.generations ?? GENERATIONS,
    maxCompletionLength: responseTokensOf(request),
  };
}

/** Updates of a step of the run: 1 unless a policy reads its rollouts several times. */
export function updatesOf(
  { task, sequences }: TrainPlan,
  { updates, miniBatch = sequences }: RunRequest,
): number {
  if (task === "grpo") return updates ?? 1;
  if (task !== "ppo") return 1;
  if (miniBatch > sequences) {
    throw new GptError(
      "usage",
      `--mini-batch ${miniBatch}: a step has ${sequences} responses, --batch says it`,
    );
  }
  return (updates ?? PPO_EPOCHS) * Math.ceil(sequences / miniBatch);
}

const responseTokensOf = ({ responseTokens = RESPONSE_TOKENS }: RunRequest): number => responseTokens;

export function policySettings(request: RunRequest, { seed }: TrainPlan): PolicySettings {
  const {
    missingEosPenalty = 0,
    klTarget: target,
    klHorizon: horizon = HORIZON,
    klCeiling,
    klBound,
  } = request;
  return {
    responseTokens: responseTokensOf(request),
    missingEosPenalty,
    klTarget: target === undefined ? undefined : { target, horizon },
    klCeiling,
    measuresKl: klCeiling !== undefined || klBound !== undefined,
    seed,
  };
}
