/** Learning rates of a run, as pure functions of the step's number, counted from 0. */

export const SCHEDULES = ["cosine", "linear", "constant", "wsd"] as const;

/**
 * After the warm-up: `cosine` falls to `minLr`, which is the rate of the last step (Loshchilov & Hutter 2017).
 * `linear` would reach `minLr` one step after the last, as in transformers. `constant` stays. `wsd` (warm-up,
 * stable, decay; Hu et al. 2024) stays, and falls to `minLr` linearly in the last fifth of the steps.
 */
export type ScheduleName = (typeof SCHEDULES)[number];

export interface Schedule {
  readonly schedule: ScheduleName;
  /** The highest rate. */
  readonly lr: number;
  readonly minLr: number;
  /** Steps in which the rate rises linearly. The last of them has the rate `lr`. */
  readonly warmupSteps: number;
  /** Steps of the whole run. Later steps have the rate of the last one. */
  readonly steps: number;
}

/** Share of the steps of `wsd` in which the rate falls. */
const WSD_DECAY = 0.2;

export function learningRate({ schedule, lr, minLr, warmupSteps, steps }: Schedule, step: number): number {
  if (step < warmupSteps) return (lr * (step + 1)) / warmupSteps;
  const between = (share: number) => minLr + (lr - minLr) * share;
  const last = steps - 1;
  if (last === 0 && step === 0) return lr; // a run of one step learns at the highest rate
  switch (schedule) {
    case "constant":
      return lr;
    case "cosine":
      return between((1 + Math.cos(Math.PI * progress(step, warmupSteps, last))) / 2);
    case "linear":
      return between(1 - progress(step, warmupSteps, steps));
    case "wsd":
      return between(1 - progress(step, Math.max(warmupSteps, last * (1 - WSD_DECAY)), last));
  }
}

/** Place of a step between two others, from 0 to 1. */
function progress(step: number, begin: number, end: number): number {
  if (step >= end) return 1;
  return Math.max(0, (step - begin) / (end - begin));
}
