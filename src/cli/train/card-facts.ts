/** What the model card of a run says. */
import type { CardFacts } from "../../train/run/model-card.ts";
import type { Trainer } from "../../train/trainer.ts";
import { duration } from "../terminal/format.ts";
import { commandLine } from "./command-line.ts";
import type { TrainArguments } from "./flags.ts";
import { describeMachine } from "./machine.ts";
import type { TrainPlan } from "./plan.ts";
import type { Prepared } from "./prepare.ts";

interface RunFacts {
  readonly name: string;
  readonly args: TrainArguments;
  readonly prepared: Prepared;
  readonly trainer: Trainer;
  readonly seconds: number;
}

export function cardFacts({ name, args, prepared, trainer, seconds }: RunFacts): CardFacts {
  const { start, plan, data } = prepared;
  const { betas, eps, weightDecay, clipGradNorm, dropout, labelSmoothing, seed } = trainer.hyperparameters;
  return {
    name,
    config: trainer.config,
    tokenizer: start.tokenizer.facts.kind,
    data: {
      sources: args.data ?? ["standard input"],
      tokens: data.train.length,
      textBytes: data.train.head.textBytes,
      validationTokens: data.valid.length,
      validationBytes: data.valid.head.textBytes,
    },
    command: commandLine(process.argv.slice(2)),
    schedule: describeSchedule(plan),
    settings: {
      batch: `${plan.sequences} sequences of ${plan.context} tokens`,
      AdamW: `betas ${betas.join(" and ")}, epsilon ${eps}, weight decay ${weightDecay}`,
      clipping: clipGradNorm,
      dropout,
      "label smoothing": labelSmoothing,
      seed,
      ...(args.init === undefined ? {} : { "started from": args.init }),
    },
    stepTokens: plan.sequences * plan.context,
    machine: describeMachine(trainer),
    seconds,
  };
}

/** `cosine from 0.0024 to 0.00024 over 5m 00s by the clock, warm-up 5%`. */
function describeSchedule({ schedule, lr, minLr, warmup, budget }: TrainPlan): string {
  const rates = schedule === "constant" ? `constant at ${lr}` : `${schedule} from ${lr} to ${minLr}`;
  const over = budget.kind === "minutes" ? ` over ${duration(60 * budget.minutes)} by the clock` : "";
  const rise = "steps" in warmup ? `${warmup.steps} steps` : `${100 * warmup.share}%`;
  return `${rates}${over}, warm-up ${rise}`;
}
