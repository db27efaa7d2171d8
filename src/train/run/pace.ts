/** Length of a run: a number of steps, or a time. */

import { RecentMean } from "./recent-mean.ts";
import type { RunClock } from "./run-clock.ts";

export interface Pace {
  /** Whether another step follows. */
  goesOn(step: number): boolean;
  /** Learning rate of the next step; undefined if it follows from the step's number. */
  rate(step: number): number | undefined;
  /** Seconds to the end; undefined before the first step. */
  secondsLeft(step: number): number | undefined;
  /** Records the seconds of a step. */
  stepped(seconds: number): void;
  /** Records the seconds of a visit: evaluation, samples and saving, as at the end of the run. */
  visited(seconds: number): void;
  /** Times of an event that comes this many times in a run. */
  cadence(times: number): Cadence;
}

/** Whether an event is due after this many steps. */
export type Cadence = (step: number) => boolean;

export const never: Cadence = () => false;

export const everySteps =
  (steps: number): Cadence =>
  (step) =>
    step % steps === 0;

/**
 * A run of a number of steps. All follows from the step's number, so that the run can be repeated and resumed
 * exactly.
 */
export class StepPace implements Pace {
  readonly #steps: number;
  readonly #seconds = new RecentMean();

  constructor(steps: number) {
    this.#steps = steps;
  }

  goesOn(step: number): boolean {
    return step < this.#steps;
  }

  rate(): undefined {
    return undefined;
  }

  secondsLeft(step: number): number | undefined {
    const seconds = this.#seconds.value;
    return seconds && seconds * Math.max(0, this.#steps - step);
  }

  stepped(seconds: number): void {
    this.#seconds.add(seconds);
  }

  visited(): void {}

  cadence(times: number): Cadence {
    return everySteps(Math.max(1, Math.round(this.#steps / times)));
  }
}

/** Share of a run that is kept for its end before the first visit is measured. */
const UNMEASURED_END = 0.03;
/** The end may take this much longer than the longest visit so far. */
const END_MARGIN = 1.2;

/**
 * A run that ends on time, with its last evaluation and its last save. The time includes the preparation. The
 * learning rate follows the clock from the first step to the last.
 */
export class ClockPace implements Pace {
  readonly #seconds: number;
  readonly #clock: Pick<RunClock, "elapsed" | "begun">;
  readonly #rateAt: (share: number) => number;
  readonly #recent = new RecentMean();
  #visit: number | undefined;

  /**
   * @param seconds of the whole run
   * @param rateAt learning rate at a share of the time between the first step and the last
   */
  constructor(
    seconds: number,
    clock: Pick<RunClock, "elapsed" | "begun">,
    rateAt: (share: number) => number,
  ) {
    this.#seconds = seconds;
    this.#clock = clock;
    this.#rateAt = rateAt;
  }

  goesOn(): boolean {
    return this.#clock.elapsed + (this.#recent.value ?? 0) <= this.#lastStep;
  }

  rate(): number {
    const { elapsed, begun } = this.#clock;
    const length = this.#lastStep - begun;
    return this.#rateAt(length > 0 ? Math.min(1, (elapsed - begun) / length) : 1);
  }

  secondsLeft(): number {
    return Math.max(0, this.#seconds - this.#clock.elapsed);
  }

  stepped(seconds: number): void {
    this.#recent.add(seconds);
  }

  visited(seconds: number): void {
    this.#visit = Math.max(this.#visit ?? 0, seconds);
  }

  /** By the clock. The first time is now. */
  cadence(times: number): Cadence {
    const period = this.#seconds / times;
    let last = Number.NEGATIVE_INFINITY;
    return () => {
      const now = this.#clock.elapsed;
      if (now - last < period) return false;
      last = now;
      return true;
    };
  }

  /** Elapsed seconds at the end of the last step. */
  get #lastStep(): number {
    const end = this.#visit === undefined ? UNMEASURED_END * this.#seconds : END_MARGIN * this.#visit;
    return Math.max(0.5 * this.#seconds, this.#seconds - end);
  }
}
