/** The trainer of a run: from its plan and its flags, at the beginning or where it goes on. */
import { createTrainer } from "../../../train/create-trainer.ts";
import type { RunDirectory } from "../../../train/run/run-directory.ts";
import type { Trainer } from "../../../train/trainer.ts";
import type { TrainArguments } from "./flags.ts";
import { warmupOf } from "./plan.ts";
import type { Prepared } from "./prepare.ts";

/** @throws as `createTrainer` */
export function openTrainer(
  { start, plan, data, steps }: Prepared,
  args: TrainArguments,
  directory: RunDirectory,
  signal: AbortSignal,
): Promise<Trainer> {
  const { context, schedule, lr, minLr, seed, warmup } = plan;
  return createTrainer({
    model: directory.holdsState ? directory.last : (args.init ?? start.path),
    resume: directory.holdsState,
    contextSize: context,
    steps: steps ?? 1, // with --minutes the rate comes from the clock
    warmupSteps: warmupOf(warmup, steps ?? 1),
    schedule,
    lr,
    minLr,
    seed,
    betas: args.betas,
    eps: args.eps,
    weightDecay: args.weightDecay,
    clipGradNorm: args.clip,
    dropout: args.dropout,
    labelSmoothing: args.labelSmoothing,
    freeze: args.freeze,
    lora: loraOf(args),
    classification: data.labels && {
      labels: data.labels,
      lmLossWeight: args.lmLossWeight,
      dropout: args.classifierDropout,
    },
    threads: args.threads,
    simd: args.simd,
    signal,
  });
}

/** By the names of the library. */
function loraOf({
  lora: rank,
  loraAlpha: alpha,
  loraDropout: dropout,
  loraTargets: targets,
}: TrainArguments) {
  return rank === undefined ? undefined : { rank, alpha, dropout, targets };
}
