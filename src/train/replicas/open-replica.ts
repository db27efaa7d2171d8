/** The replica of a run, from its request. */
import { tokenizerFingerprint } from "../../data/index.ts";
import { updatesOf } from "../rollouts/policy-request.ts";
import type { Prepared } from "../run/prepare.ts";
import type { RunRequest } from "../run/request.ts";
import type { Trainer } from "../trainer.ts";
import { Replica, type ReplicaObserver } from "./replica.ts";
import { replicaSettings } from "./settings.ts";

interface ReplicaRun {
  readonly request: RunRequest;
  readonly prepared: Prepared;
  readonly trainer: Trainer;
  readonly observer: ReplicaObserver;
}

/** @returns undefined for a run that is alone; the opener disposes of it. @throws GptError as `Replica.open` */
export async function openReplica({
  request,
  prepared: { plan, start, steps = 0 },
  trainer,
  observer,
}: ReplicaRun): Promise<Replica | undefined> {
  const settings = replicaSettings(request);
  if (settings === undefined) return undefined;
  const { place, innerSteps, rate, momentum } = settings;
  const common = {
    "--replica of": place.count,
    "--inner-steps": innerSteps,
    "--outer-lr": rate,
    "--outer-momentum": momentum,
    "--task": plan.task,
    "--seed": plan.seed,
    "--lr": plan.lr,
    "a step of sequences": plan.sequences,
    "--context": plan.context,
    "a tokenizer": Buffer.from(tokenizerFingerprint(start.tokenizer)).toString("hex").slice(0, 16),
  };
  const updates = updatesOf(plan, request);
  return await Replica.open({ settings, trainer, updates, steps, common, observer });
}
