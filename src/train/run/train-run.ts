/** A whole run: from a request to a model in a directory, with its curves and its model card. */
import { GptError } from "../../errors.ts";
import { countParameters } from "../../model/parameters.ts";
import { trainingFlops } from "../flops.ts";
import { openReplica } from "../replicas/open-replica.ts";
import { dealt, ownSeed } from "../replicas/settings.ts";
import { openPolicy } from "../rollouts/open-policy.ts";
import type { Trainer } from "../trainer.ts";
import { cadencesOf, checkTimeLeft, choosePace } from "./choose-pace.ts";
import type { History } from "./history.ts";
import { MetricsFile } from "./metrics-file.ts";
import type { ModelInTraining } from "./model-in-training.ts";
import type { RunFacts, TrainingObserver } from "./observer.ts";
import { openTrainer } from "./open-trainer.ts";
import { type Preparation, type Prepared, prepareRun } from "./prepare.ts";
import { type CardNames, cardFacts } from "./report/card-facts.ts";
import { lossSvg } from "./report/loss-svg.ts";
import { modelCard } from "./report/model-card.ts";
import { Run, type ValidationData } from "./run.ts";
import { RunClock } from "./run-clock.ts";
import { createSampler } from "./sampler.ts";
import { readsSources } from "./starting-model.ts";

export interface TrainingRun extends Preparation {
  /** Whether the directory holds the run already. */
  readonly isResumed: boolean;
  /** Start of the run in this process, by `performance.now()`. */
  readonly start: number;
  readonly observer: TrainingObserver;
  readonly names: CardNames;
  /** Floating-point operations a second that multiply-adds alone reach on this machine. */
  readonly measurePeak: (engine: Pick<Trainer, "simd" | "threads">) => Promise<number>;
}

export interface FinishedRun {
  readonly history: History;
  readonly validation: ValidationData;
  readonly seconds: number;
}

/**
 * Trains to the end of the run. A signal saves and ends it. The caller holds the lock of the directory.
 *
 * @throws GptError for errors that a person can mend; the signal's reason when it is aborted
 */
export async function trainRun(given: TrainingRun): Promise<FinishedRun> {
  given.observer.preparing("preparing");
  const prepared = await orAbandon(given, () => prepareRun(given));
  await using _data = prepared.data;
  given.observer.preparing("loading the model");
  const { request, directory, signal } = given;
  await using trainer = await orAbandon(given, () => openTrainer(prepared, request, directory, signal));
  return await runToEnd(given, prepared, trainer);
}

/** A new run that cannot begin leaves nothing behind. A run that a signal ends can be resumed. */
async function orAbandon<T>(given: TrainingRun, prepare: () => Promise<T>): Promise<T> {
  const { isResumed, directory, observer, signal } = given;
  try {
    return await prepare();
  } catch (error) {
    if (signal.aborted && directory.holdsRun) observer.interrupted(0, undefined);
    else if (!isResumed) await directory.abandon();
    throw error;
  }
}

async function runToEnd(given: TrainingRun, prepared: Prepared, trainer: Trainer): Promise<FinishedRun> {
  const { request, directory, names, observer, signal } = given;
  const place = request.replica;
  const own = { ...prepared, plan: { ...prepared.plan, seed: ownSeed(prepared.plan.seed, place) } };
  await using policy = await orAbandon(given, () => openPolicy(own, request, trainer, signal));
  const steps = policy?.steps ?? trainer.steps;
  const clock = new RunClock(trainer.data, given.start);
  const pace = choosePace(prepared, clock);
  checkTimeLeft(prepared.plan, pace, clock, steps);
  using replica = await orAbandon(given, () => openReplica({ request, prepared, trainer, observer }));
  await using metrics = await MetricsFile.open(directory.metrics, steps);
  const facts = await factsOf(given, prepared, trainer);
  observer.prepared(facts);
  const { samplePrompt: asked } = request;
  const prompt = asked === undefined ? (prepared.data.samplePrompt ?? { text: "" }) : { text: asked };
  const run = new Run({
    // The data of a task are the examples that its model takes.
    model: (policy ?? trainer) as ModelInTraining,
    data: dealt(prepared.data.run, place),
    pace,
    cadences: cadencesOf(request, pace, readsSources(prepared.start)),
    directory,
    metrics,
    bestBy: prepared.plan.bestBy,
    klBound: request.klBound,
    secondsAtPeak: (facts.stepTokens * facts.tokenFlops) / facts.peakFlops,
    clock,
    sample: createSampler(trainer, prepared.start, { prompt, seed: prepared.plan.seed }),
    observer,
    replica,
  });
  try {
    await run.train(signal);
  } catch (error) {
    if (signal.aborted)
      observer.interrupted(policy?.steps ?? trainer.steps, error instanceof GptError ? error : undefined);
    else observer.failed(run.history.best?.step ?? run.savedStep);
    throw error;
  }
  const { history } = run;
  const seconds = clock.elapsed;
  await directory.write("loss.svg", lossSvg(history, `${names.name}: loss`));
  const card = cardFacts({ names, request, prepared, trainer, seconds });
  await directory.write("README.md", modelCard(card, history));
  return { history, validation: prepared.data.run.validation, seconds };
}

async function factsOf(
  { measurePeak }: TrainingRun,
  { data, steps }: Prepared,
  trainer: Trainer,
): Promise<RunFacts> {
  const { config, trainedParameters } = trainer;
  return {
    steps,
    stepTokens: data.run.stepTokens,
    isClassifier: data.labels !== undefined,
    tokenFlops: trainingFlops(config, trainedParameters),
    peakFlops: await measurePeak(trainer),
    trainedParameters,
    allParameters: countParameters(config).total,
  };
}
