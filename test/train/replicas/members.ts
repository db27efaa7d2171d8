/** Replicas of short runs in one process, each with the directory of a run. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { TrainerOptions } from "../../../src/train/create-trainer.ts";
import { Replica, type ReplicaObserver } from "../../../src/train/replicas/replica.ts";
import { dealt, ownSeed, type ReplicaSettings } from "../../../src/train/replicas/settings.ts";
import { MetricsFile } from "../../../src/train/run/metrics-file.ts";
import type { ModelInTraining } from "../../../src/train/run/model-in-training.ts";
import { everySteps, never, StepPace } from "../../../src/train/run/pace.ts";
import { Run } from "../../../src/train/run/run.ts";
import { RunDirectory } from "../../../src/train/run/run-directory.ts";
import { quiet } from "../run/quiet-observer.ts";
import { batchOf, shortRuns } from "../short-run.ts";

interface Member {
  /** From 1. */
  readonly number: number;
  readonly of: number;
  readonly steps?: number;
  readonly settings?: Partial<ReplicaSettings>;
  readonly trainer?: Partial<TrainerOptions>;
  /** Called before each step. What it throws ends the process, as kill -9 does. */
  readonly before?: (step: number) => Promise<void> | void;
  readonly observer?: Partial<ReplicaObserver>;
  readonly signal?: AbortSignal;
  readonly common?: Record<string, number>;
  readonly patience?: number;
}

const data = {
  stepTokens: 14,
  batch: async (step: number) => batchOf(step).map((ids) => ({ ids, labels: ids })),
  validation: { size: 0, sampled: 0, async *sample() {}, async *all() {} },
};

/** Call it outside of tests. */
export function members() {
  const { file, create } = shortRuns();

  /** Begins a run, or goes on with it, to its end. */
  async function run(folder: string, member: Member): Promise<void> {
    const { number, of, steps = 8, settings, trainer: options, signal, before } = member;
    const { patience = 200, common = {}, observer = {} } = member;
    const place = { index: number - 1, count: of };
    const directory = new RunDirectory(file(folder, `run-${number}`));
    const model = directory.holdsState ? directory.last : file("gpt2");
    if (!directory.holdsRun) await directory.begin({});
    const seeds = { seed: ownSeed(1, place), initialSeed: 1 };
    await using trainer = await create({
      ...{ model, resume: directory.holdsState, steps, threads: 1, ...seeds },
      ...options,
    });
    const defaults = { innerSteps: 2, rate: 0.7, momentum: 0.9, waitSeconds: 60, change: "f32" } as const;
    using replica = await Replica.open({
      settings: { place, folder: file(folder, "outer"), ...defaults, ...settings },
      ...{ trainer, updates: 1, steps, common, patience, pollMs: 0 },
      observer: { ...quiet, ...observer },
    });
    await using metrics = await MetricsFile.open(directory.metrics, trainer.steps);
    const own = dealt(data, place);
    await new Run({
      model: trainer as ModelInTraining,
      data: {
        ...own,
        async batch(step) {
          await before?.(step);
          return await own.batch(step);
        },
      },
      pace: new StepPace(steps),
      cadences: { evaluate: never, sample: never, save: everySteps(3) },
      ...{ directory, metrics, bestBy: "loss", secondsAtPeak: 1 },
      clock: { begin: () => {}, toJson: () => ({ elapsed: 1 }) },
      sample: async () => "",
      ...{ observer: quiet, replica },
    }).train(signal ?? new AbortController().signal);
  }

  const all = (folder: string, count: number, member: Partial<Member> = {}) =>
    Promise.all(
      Array.from({ length: count }, (_, i) => run(folder, { ...member, number: i + 1, of: count })),
    );

  /** The last outer state. */
  const outerOf = (folder: string, number: number): Buffer =>
    readFileSync(file(folder, "outer", `outer-${number}.safetensors`));

  const weightsOf = (folder: string, number: number): Buffer =>
    readFileSync(file(folder, `run-${number}`, "last", "model.safetensors"));

  const namesIn = (folder: string): string[] =>
    existsSync(file(folder, "outer")) ? readdirSync(join(file(folder, "outer"))).sort() : [];

  return { file, create, all, run, outerOf, weightsOf, namesIn, die, isRejected };
}

const isRejected = (work: Promise<unknown>) =>
  work.then(
    () => false,
    () => true,
  );

const die = (at: number) => (step: number) => {
  if (step === at) throw new Error("kill -9");
};
