/** Facts of a run for its model card. */

import type { Lora } from "../../adapter/lora.ts";
import type { ClassesSettings } from "../../objectives/classes.ts";
import type { ObjectiveSettings } from "../../objectives/table.ts";
import { replicaSettings } from "../../replicas/settings.ts";
import type { Trainer } from "../../trainer.ts";
import { describeMachine } from "../machine.ts";
import type { TrainPlan } from "../plan.ts";
import type { Prepared } from "../prepare.ts";
import type { RunRequest } from "../request.ts";
import type { CardFacts } from "./model-card.ts";

/** Names and command lines, as a person types them. */
export interface CardNames {
  readonly name: string;
  /** The command that trained the model. */
  readonly command: string;
  /** The command that uses it. */
  readonly use: string;
}

interface FinishedRun {
  readonly names: CardNames;
  readonly request: RunRequest;
  readonly prepared: Prepared;
  readonly trainer: Trainer;
  readonly seconds: number;
}

export function cardFacts({ names, request, prepared, trainer, seconds }: FinishedRun): CardFacts {
  const { start, plan, data } = prepared;
  const { betas, eps, weightDecay, clipGradNorm, dropout, labelSmoothing, seed, trained, objective } =
    trainer.hyperparameters;
  return {
    ...names,
    config: trainer.config,
    base: baseOf(request, trainer),
    tokenizer: start.tokenizer.facts.kind,
    data: { sources: request.data ?? ["standard input"], ...data.facts, validation: data.run.validation },
    schedule: describeSchedule(plan),
    settings: {
      batch: `${plan.sequences} ${objective.kind === "classes" ? "texts of at most" : "sequences of"} ${plan.context} tokens`,
      AdamW: `betas ${betas.join(" and ")}, epsilon ${eps}, weight decay ${weightDecay}`,
      clipping: clipGradNorm,
      dropout,
      "label smoothing": labelSmoothing,
      seed,
      ...(trained.kind === "some" ? { frozen: trained.freeze.join(", ") } : {}),
      ...(trained.kind === "adapter" ? { LoRA: describeLora(trained) } : {}),
      ...(objective.kind === "classes" ? { classifier: describeHead(objective) } : {}),
      ...describeReplica(request),
      ...(PREFERENCES.includes(objective.kind) ? { objective: describeObjective(objective) } : {}),
    },
    stepTokens: data.run.stepTokens,
    machine: describeMachine(trainer),
    seconds,
  };
}

const baseOf = ({ init }: RunRequest, { hyperparameters, trainedParameters }: Trainer): CardFacts["base"] =>
  init === undefined
    ? undefined
    : {
        name: init,
        adapterParameters: hyperparameters.trained.kind === "adapter" ? trainedParameters : undefined,
      };

function describeLora({ rank, alpha, scaling, dora, dropout, targets, quantization }: Lora): string {
  const forms = [scaling === "root" ? "rsLoRA" : "", dora ? "DoRA" : ""].filter((form) => form !== "");
  const beside = quantization ? [`beside ${quantization}`] : [];
  return [`rank ${rank}`, `alpha ${alpha}`, ...forms, `dropout ${dropout}`, ...targets, ...beside].join(", ");
}

const PREFERENCES: readonly string[] = ["reward", "dpo", "orpo", "kto", "distill", "ppo", "grpo"];

/** `dpo, beta 0.1, labelSmoothing 0, alpha 1, loss sigmoid`. */
const describeObjective = ({ kind, ...settings }: ObjectiveSettings): string =>
  [kind, ...Object.entries(settings).map(([name, value]) => `${name} ${value}`)].join(", ");

function describeReplica(request: RunRequest): Record<string, string> {
  const settings = replicaSettings(request);
  if (settings === undefined) return {};
  const { place, innerSteps, rate, momentum } = settings;
  const own = `${place.index + 1} of ${place.count}`;
  return { replica: `${own}, an outer step every ${innerSteps} steps at ${rate} with momentum ${momentum}` };
}

const describeHead = ({ dropout, lmLossWeight }: ClassesSettings): string =>
  `dropout ${dropout}, weight of the language-model loss ${lmLossWeight}`;

/** `cosine from 0.0024 to 0.00024 over 5 minutes by the clock, warm-up 5%`. */
function describeSchedule({ schedule, lr, minLr, warmup, budget }: TrainPlan): string {
  const rates = schedule === "constant" ? `constant at ${lr}` : `${schedule} from ${lr} to ${minLr}`;
  const over = budget.kind === "minutes" ? ` over ${budget.minutes} minutes by the clock` : "";
  const rise = "steps" in warmup ? `${warmup.steps} steps` : `${100 * warmup.share}%`;
  return `${rates}${over}, warm-up ${rise}`;
}
