/** Trainer of a run, new or resumed, from its plan and request. */
import { join } from "node:path";
import { createTrainer } from "../create-trainer.ts";
import type { DivergenceName } from "../objectives/distillation/divergences.ts";
import type { DpoLoss } from "../objectives/preference/dpo.ts";
import type { ChosenObjective } from "../objectives/table.ts";
import { ownSeed } from "../replicas/settings.ts";
import { policyObjective, updatesOf } from "../rollouts/policy-request.ts";
import type { ChosenWeights } from "../trained-weights.ts";
import type { Trainer } from "../trainer.ts";
import { keptTemplate } from "./data/dialogues.ts";
import { warmupOf } from "./plan.ts";
import type { Prepared } from "./prepare.ts";
import type { RunRequest } from "./request.ts";
import { REFERENCE_SCORES, type RunDirectory } from "./run-directory.ts";
import { readsSources } from "./starting-model.ts";
import type { Task } from "./tasks.ts";

/** @throws as `createTrainer` */
export async function openTrainer(
  { start, plan, data, steps }: Prepared,
  request: RunRequest,
  directory: RunDirectory,
  signal: AbortSignal,
): Promise<Trainer> {
  const { context, schedule, lr, minLr, seed, warmup } = plan;
  return await createTrainer({
    model: directory.holdsState ? directory.last : (request.init ?? start.path),
    resume: directory.holdsState,
    contextSize: context,
    chatTemplate: await keptTemplate(directory.path),
    recompute: request.recompute,
    referenceScores: join(directory.data, REFERENCE_SCORES),
    steps: (steps ?? 1) * updatesOf(plan, request), // with --minutes the rate comes from the clock
    warmupSteps: warmupOf(warmup, steps ?? 1) * updatesOf(plan, request),
    schedule,
    lr,
    minLr,
    seed: ownSeed(seed, request.replica),
    initialSeed: seed,
    betas: request.betas,
    eps: request.eps,
    weightDecay: request.weightDecay,
    clipGradNorm: request.clip,
    dropout: request.dropout,
    keepZeros: request.keepZeros,
    labelSmoothing: isOfPairs(plan.task) ? undefined : request.labelSmoothing,
    trained: weightsOf(request),
    objective:
      readsSources(start) && plan.task === "generate"
        ? { kind: "sequence-to-sequence" }
        : objectiveOf(plan.task, data.labels, request),
    threads: request.threads,
    simd: request.simd,
    signal,
  });
}

function objectiveOf(
  task: Task,
  labels: readonly string[] = [],
  request: RunRequest,
): ChosenObjective | undefined {
  const { lmLossWeight, classifierDropout: dropout, loss, beta, reference, labelSmoothing } = request;
  switch (task) {
    case "generate":
      return undefined;
    case "classify":
      return { kind: "classes", labels, lmLossWeight, dropout };
    case "fill-mask":
      return { kind: "masked-language" };
    case "reward":
      return { kind: "reward", centerRewardsCoefficient: request.centerRewards };
    case "dpo":
      return { kind: "dpo", loss: loss as DpoLoss | undefined, beta, reference, labelSmoothing };
    case "orpo":
      return { kind: "orpo", beta };
    case "kto":
      return { kind: "kto", beta, reference };
    case "distill":
      return {
        ...{ kind: "distill", teacher: request.teacher ?? "", temperature: request.temp },
        ...{ loss: loss as DivergenceName | undefined, topK: request.teacherTopK, alpha: request.alpha },
      };
    case "ppo":
    case "grpo":
      return policyObjective(task, request);
  }
}

/** Of DPO, label smoothing is the doubt about a pair. */
const isOfPairs = (task: Task): boolean => task === "dpo";

function weightsOf(request: RunRequest): ChosenWeights | undefined {
  const { lora: rank, loraAlpha: alpha, loraDropout: dropout, loraTargets: targets, quant } = request;
  const { loraScaling: scaling, loraPlus: plusRatio, dora } = request;
  if (rank !== undefined)
    return { kind: "adapter", rank, alpha, scaling, dora, plusRatio, dropout, targets, quantization: quant };
  const { freeze } = request;
  return freeze && { kind: "some", freeze };
}
