/** `gpt train`: from flags to a model in a directory. */
import { multiplyAddPeak } from "../../../bench/peaks.ts";
import { GptError } from "../../../errors.ts";
import { describeScores } from "../../../evaluate/classification-report.ts";
import { isJsonObject } from "../../../files/json.ts";
import { lastingName } from "../../../hub/find-model.ts";
import { LanguageModel } from "../../../library/language-model.ts";
import { countParameters } from "../../../model/parameters.ts";
import { trainingFlops } from "../../../train/flops.ts";
import type { History } from "../../../train/run/history.ts";
import { MetricsFile } from "../../../train/run/metrics-file.ts";
import { type Cadence, ClockPace, everySteps, never, type Pace, StepPace } from "../../../train/run/pace.ts";
import { lossSvg } from "../../../train/run/report/loss-svg.ts";
import { modelCard } from "../../../train/run/report/model-card.ts";
import { type Cadences, Run } from "../../../train/run/run.ts";
import { RunDirectory } from "../../../train/run/run-directory.ts";
import { learningRate } from "../../../train/schedule.ts";
import type { Trainer } from "../../../train/trainer.ts";
import { modelName } from "../../model-name.ts";
import { counted, duration, thousands } from "../../terminal/format.ts";
import { startSpinner } from "../../terminal/spinner.ts";
import { cardFacts } from "./card-facts.ts";
import { useOf } from "./command-line.ts";
import { Display } from "./display.ts";
import type { TrainArguments } from "./flags.ts";
import { openTrainer } from "./open-trainer.ts";
import { type TrainPlan, warmupOf } from "./plan.ts";
import { type Prepared, prepareRun } from "./prepare.ts";
import { resumedArguments } from "./saved-flags.ts";

/**
 * Trains what is asked for; on standard output nothing is written. A signal saves and ends it.
 *
 * @throws GptError for what its user can mend; the signal's reason where it is aborted
 */
export async function train(given: TrainArguments, signal: AbortSignal): Promise<void> {
  const start = performance.now();
  const directory = directoryOf(given);
  await directory.sweep();
  const args = await settledArguments(given, directory);
  using spinner = startSpinner("preparing", args.quiet, args.color);
  const prepared = await prepareRun({ args, directory, spinner, signal });
  await using _data = prepared.data;
  spinner.say("loading the model");
  await using trainer = await openTrainer(prepared, args, directory, signal).catch(async (error) => {
    if (given.resume === undefined) await directory.abandon();
    throw error;
  });
  spinner.stop();

  const before = elapsedBefore(trainer);
  const elapsed = () => before + (performance.now() - start) / 1000;
  refuseLate(prepared.plan, elapsed());
  await runToEnd({ args, directory, prepared, trainer, elapsed }, signal);
}

/** @throws GptError `usage` where none is given, or a new run would be in the way of something */
function directoryOf({ output, resume }: TrainArguments): RunDirectory {
  const path = resume ?? output;
  if (path === undefined) throw new GptError("usage", "where to? -o DIRECTORY says it");
  const directory = new RunDirectory(path);
  if (resume === undefined) directory.refuseOthers();
  return directory;
}

/** With a name of the first model that holds wherever the run goes on, and what the run was asked for when it began. */
async function settledArguments(given: TrainArguments, directory: RunDirectory): Promise<TrainArguments> {
  const args = given.init === undefined ? given : { ...given, init: lastingName(given.init) };
  if (args.resume === undefined) return args;
  return resumedArguments(args, await directory.settings(), directory.settingsFile);
}

/** Seconds of the run before it was resumed. */
function elapsedBefore({ data }: Trainer): number {
  const elapsed = isJsonObject(data) ? data.elapsed : undefined;
  return typeof elapsed === "number" && elapsed >= 0 ? elapsed : 0;
}

/** Of the time there is, so much may pass before the first step. */
const LATEST_START = 0.7;

function refuseLate({ budget }: TrainPlan, elapsed: number): void {
  if (budget.kind !== "minutes" || elapsed < LATEST_START * 60 * budget.minutes) return;
  const found = `${duration(elapsed)} of ${duration(60 * budget.minutes)} have passed before the first step`;
  throw new GptError("usage", `${found}: --resume with more --minutes goes on from here`);
}

interface Going {
  readonly args: TrainArguments;
  readonly directory: RunDirectory;
  readonly prepared: Prepared;
  readonly trainer: Trainer;
  readonly elapsed: () => number;
}

async function runToEnd(going: Going, signal: AbortSignal): Promise<void> {
  const { args, directory, prepared, trainer, elapsed } = going;
  const data = prepared.data.run;
  await using metrics = await MetricsFile.open(directory.metrics, trainer.steps);
  const pace = paceOf(prepared, elapsed);
  const facts = {
    stepTokens: data.stepTokens,
    tokenFlops: trainingFlops(trainer.config, trainer.trainedParameters),
    peakFlops: await multiplyAddPeak(trainer.simd, trainer.threads),
    steps: prepared.steps,
  };
  using display = new Display(facts, args);
  const { total } = countParameters(trainer.config);
  const { trainedParameters: trained } = trainer;
  if (trained < total) {
    display.note(`training ${thousands(trained)} parameters; the model has ${thousands(total)}`);
  }
  const run = new Run({
    model: trainer,
    data,
    pace,
    cadences: cadencesOf(args, pace),
    directory,
    metrics,
    secondsAtPeak: (facts.stepTokens * facts.tokenFlops) / facts.peakFlops,
    elapsed,
    sample: sampler(going),
    observer: display,
  });
  try {
    await run.train(signal);
  } catch (error) {
    display.stop();
    if (!signal.aborted) {
      const { best = { step: run.savedStep } } = run.history;
      if (best.step !== undefined)
        display.note(`${directory.path} keeps the model of step ${thousands(best.step)}`);
      throw error;
    }
    if (error instanceof GptError) display.note(`gpt: ${error.message}`);
    else
      display.note(
        `stopped after step ${thousands(trainer.steps)}; gpt train --resume ${directory.path} goes on`,
      );
    throw error;
  }
  display.stop();
  await writeReport(going, run.history);
  display.note(`${summary(run.history, elapsed())} · ${useOf(args, directory.path)}`);
}

/** The schedule of a clock counts in these: the warm-up of `learningRate` is in whole steps. */
const CLOCK_STEPS = 1e6;

function paceOf({ plan, steps }: Prepared, elapsed: () => number): Pace {
  if (plan.budget.kind !== "minutes") return new StepPace(steps ?? 0);
  const warmupSteps = warmupOf(plan.warmup, CLOCK_STEPS);
  return new ClockPace(60 * plan.budget.minutes, elapsed, (share) =>
    learningRate({ ...plan, warmupSteps, steps: CLOCK_STEPS }, share * CLOCK_STEPS),
  );
}

/** How often in a run, where no flag says it. */
const EVALUATIONS = 20;
const SAMPLES = 5;

function cadencesOf({ task, evalEvery, sampleEvery, saveEvery }: TrainArguments, pace: Pace): Cadences {
  const cadence = (steps: number | undefined, times: number): Cadence => {
    if (steps === undefined) return pace.cadence(times);
    return steps === 0 ? never : everySteps(steps);
  };
  return {
    evaluate: cadence(evalEvery, EVALUATIONS),
    sample: task === "classify" ? never : cadence(sampleEvery, SAMPLES),
    save: cadence(saveEvery, EVALUATIONS),
  };
}

const SAMPLE_TOKENS = 100;

/** Writes with the model in training; its beginning is the prompt. */
function sampler({ args, prepared, trainer }: Going): (signal: AbortSignal) => Promise<string> {
  const { start, plan } = prepared;
  const { config, contextSize, simd, threads } = trainer;
  const engine = {
    config,
    contextSize,
    kvShape: config,
    simd,
    threads,
    createSession: () => trainer.createSession(),
    close: async () => {},
  };
  const model = new LanguageModel(engine, start.tokenizer, start.description);
  const { samplePrompt: prompt = "" } = args;
  return async (signal) => {
    let text = prompt;
    const options = { maxTokens: SAMPLE_TOKENS, seed: plan.seed, signal };
    for await (const token of model.generate(prompt, options)) text += token.text;
    return text;
  };
}

async function writeReport(going: Going, history: History): Promise<void> {
  const { args, directory, prepared, trainer, elapsed } = going;
  const { path } = directory;
  await directory.write("loss.svg", lossSvg(history, `${modelName(path)}: loss`));
  const facts = cardFacts({ path, args, prepared, trainer, seconds: elapsed() });
  await directory.write("README.md", modelCard(facts, history));
}

function summary({ best, train }: History, seconds: number): string {
  const scores = best?.scores ? `, ${describeScores(best.scores)}` : "";
  const loss = best
    ? ` · best validation loss ${best.loss.toFixed(4)} after step ${thousands(best.step)}${scores}`
    : "";
  const steps = `${counted(train.at(-1)?.step ?? 0, "step")} in ${duration(seconds)}`;
  return `${steps}${loss}`;
}
