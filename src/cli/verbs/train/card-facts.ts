/** What the model card of a run says. */

import type { Lora } from "../../../train/adapter/lora.ts";
import type { Classification } from "../../../train/classification.ts";
import type { CardFacts } from "../../../train/run/report/model-card.ts";
import type { Trainer } from "../../../train/trainer.ts";
import { modelName } from "../../model-name.ts";
import { duration } from "../../terminal/format.ts";
import { commandLine, repetition, useOf } from "./command-line.ts";
import type { TrainArguments } from "./flags.ts";
import { describeMachine } from "./machine.ts";
import type { TrainPlan } from "./plan.ts";
import type { Prepared } from "./prepare.ts";

interface RunFacts {
  readonly path: string;
  readonly args: TrainArguments;
  readonly prepared: Prepared;
  readonly trainer: Trainer;
  readonly seconds: number;
}

export function cardFacts({ path, args, prepared, trainer, seconds }: RunFacts): CardFacts {
  const { start, plan, data } = prepared;
  const {
    betas,
    eps,
    weightDecay,
    clipGradNorm,
    dropout,
    labelSmoothing,
    seed,
    freeze,
    lora,
    classification,
  } = trainer.hyperparameters;
  return {
    name: modelName(path),
    config: trainer.config,
    base: baseOf(args, trainer),
    use: useOf(args, path),
    tokenizer: start.tokenizer.facts.kind,
    data: { sources: args.data ?? ["standard input"], ...data.facts },
    command: commandLine(args.resume === undefined ? process.argv.slice(2) : repetition(args, path)),
    schedule: describeSchedule(plan),
    settings: {
      batch: `${plan.sequences} ${classification ? "texts of at most" : "sequences of"} ${plan.context} tokens`,
      AdamW: `betas ${betas.join(" and ")}, epsilon ${eps}, weight decay ${weightDecay}`,
      clipping: clipGradNorm,
      dropout,
      "label smoothing": labelSmoothing,
      seed,
      ...(freeze.length > 0 ? { frozen: freeze.join(", ") } : {}),
      ...(lora ? { LoRA: describeLora(lora) } : {}),
      ...(classification ? { classifier: describeHead(classification) } : {}),
    },
    stepTokens: data.run.stepTokens,
    machine: describeMachine(trainer),
    seconds,
  };
}

const baseOf = (
  { init }: TrainArguments,
  { hyperparameters, trainedParameters }: Trainer,
): CardFacts["base"] =>
  init === undefined
    ? undefined
    : { name: init, adapterParameters: hyperparameters.lora ? trainedParameters : undefined };

const describeLora = ({ rank, alpha, dropout, targets }: Lora): string =>
  `rank ${rank}, alpha ${alpha}, dropout ${dropout}, ${targets.join(", ")}`;

const describeHead = ({ dropout, lmLossWeight }: Classification): string =>
  `dropout ${dropout}, weight of the language-model loss ${lmLossWeight}`;

/** `cosine from 0.0024 to 0.00024 over 5m 00s by the clock, warm-up 5%`. */
function describeSchedule({ schedule, lr, minLr, warmup, budget }: TrainPlan): string {
  const rates = schedule === "constant" ? `constant at ${lr}` : `${schedule} from ${lr} to ${minLr}`;
  const over = budget.kind === "minutes" ? ` over ${duration(60 * budget.minutes)} by the clock` : "";
  const rise = "steps" in warmup ? `${warmup.steps} steps` : `${100 * warmup.share}%`;
  return `${rates}${over}, warm-up ${rise}`;
}
