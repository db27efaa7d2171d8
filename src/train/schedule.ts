/** Learning rates over the steps of a run, as pure functions of the step's number, counted from 0. */

export const SCHEDULES = ["cosine", "linear", "constant", "wsd"] as const;

/**
 * After the warm-up: `cosine` and `linear` fall to `minLr` at the last step (Loshchilov & Hutter 2017), `constant` stays, `wsd`
 * (warm-up, stable, decay; Hu et al. 2024) stays and falls to `minLr` linearly in the last fifth of the steps.
 */
export type ScheduleName = (typeof SCHEDULES)[number];

export interface Schedule {
  readonly schedule: ScheduleName;
  /** The highest rate. */
  readonly lr: number;
  readonly minLr: number;
  /** Steps in which the rate rises in a straight line, to `lr` at the last of them. */
  readonly warmupSteps: number;
  /** Steps of the whole run; the rate stays at its end after them. */
  readonly steps: number;
}

/** Share of the steps of `wsd` in which the rate falls. */
const WSD_DECAY = 0.2;

export function learningRate({ schedule, lr, minLr, warmupSteps, steps }: Schedule, step: number): number {
  if (step < warmupSteps) return (lr * (step + 1)) / warmupSteps;
  const between = (share: number) => minLr + (lr - minLr) * share;
  switch (schedule) {
    case "constant":
      return lr;
    case "cosine":
      return between((1 + Math.cos(Math.PI * progress(step, warmupSteps, steps))) / 2);
    case "linear":
      return between(1 - progress(step, warmupSteps, steps));
    case "wsd":
      return between(1 - progress(step, Math.max(warmupSteps, steps * (1 - WSD_DECAY)), steps));
  }
}

/** How far a step lies between two others: from 0 to 1. */
function progress(step: number, begin: number, end: number): number {
  if (step >= end) return 1;
  return Math.max(0, (step - begin) / (end - begin));
}
