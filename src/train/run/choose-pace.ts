/** Pace and cadences of a run, from its plan. */
import { GptError } from "../../errors.ts";
import { learningRate } from "../schedule.ts";
import { type Cadence, ClockPace, everySteps, never, type Pace, StepPace } from "./pace.ts";
import { type TrainPlan, warmupOf } from "./plan.ts";
import type { Prepared } from "./prepare.ts";
import type { RunRequest } from "./request.ts";
import type { Cadences } from "./run.ts";
import type { RunClock } from "./run-clock.ts";
import { settingsOfTask } from "./tasks.ts";

/** Steps of the schedule of a clock: `learningRate` counts its warm-up in whole steps. */
const CLOCK_STEPS = 1e6;

export function choosePace({ plan, steps }: Pick<Prepared, "plan" | "steps">, clock: RunClock): Pace {
  if (plan.budget.kind !== "minutes") return new StepPace(steps ?? 0);
  const warmupSteps = warmupOf(plan.warmup, CLOCK_STEPS);
  return new ClockPace(60 * plan.budget.minutes, clock, (share) =>
    learningRate({ ...plan, warmupSteps, steps: CLOCK_STEPS }, share * CLOCK_STEPS),
  );
}

/** A preparation may take this share of the time. */
const LATEST_START = 0.7;

/**
 * @param steps of the run so far
 * @throws GptError `usage` if the time of the run is over, or almost over before its first step
 */
export function checkTimeLeft({ budget }: TrainPlan, pace: Pace, clock: RunClock, steps: number): void {
  if (budget.kind !== "minutes") return;
  const { minutes } = budget;
  if (steps > 0 && !pace.goesOn(steps)) {
    const advice = `--minutes ${Math.ceil(minutes) + 1} gives more`;
    throw new GptError("usage", `--minutes ${minutes}: they are over after ${steps} steps: ${advice}`);
  }
  if (steps > 0 || clock.elapsed < LATEST_START * 60 * minutes) return;
  const passed = `${Math.round(clock.elapsed)} of ${Math.round(60 * minutes)} seconds have passed`;
  const advice = "--resume with more --minutes goes on from here";
  throw new GptError("usage", `--minutes ${minutes}: ${passed} before the first step: ${advice}`);
}

/** Times in a run, if the request leaves them open. */
const EVALUATIONS = 20;
const SAMPLES = 5;

export function cadencesOf(
  { task, evalEvery, sampleEvery, saveEvery }: RunRequest,
  pace: Pick<Pace, "cadence">,
  readsSources = false,
): Cadences {
  const cadence = (steps: number | undefined, times: number): Cadence => {
    if (steps === undefined) return pace.cadence(times);
    return steps === 0 ? never : everySteps(steps);
  };
  return {
    evaluate: cadence(evalEvery, EVALUATIONS),
    sample: settingsOfTask(task, readsSources).writes ? cadence(sampleEvery, SAMPLES) : never,
    save: cadence(saveEvery, EVALUATIONS),
  };
}
