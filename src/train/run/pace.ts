/** How long a run goes on: for a number of steps, or until a time. */

export interface Pace {
  /** How much of the run is done after so many steps, from 0 to 1. */
  share(step: number): number;
  /** Whether a step follows. */
  goesOn(step: number): boolean;
  /** The learning rate of the next step; undefined where it follows from the step's number. */
  rate(step: number): number | undefined;
  /** Seconds to the end; undefined as long as nobody knows. */
  secondsLeft(step: number): number | undefined;
  /** Told what a step took. */
  stepped(seconds: number): void;
  /** Told what looking at the model took: evaluation, samples and saving, as at the end of the run. */
  visited(seconds: number): void;
  /** Says when it is time to do something that happens so often in a run. */
  cadence(times: number): Cadence;
}

/** Whether it is time after so many steps. */
export type Cadence = (step: number) => boolean;

export const never: Cadence = () => false;

export const everySteps =
  (steps: number): Cadence =>
  (step) =>
    step % steps === 0;

/** A run of so many steps: everything follows from the step's number, so it can be repeated and resumed exactly. */
export class StepPace implements Pace {
  readonly #steps: number;
  readonly #seconds = new RecentMean();

  constructor(steps: number) {
    this.#steps = steps;
  }

  share(step: number): number {
    return Math.min(1, step / this.#steps);
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

/** Share of a run that is kept for its end until somebody has measured it. */
const UNMEASURED_END = 0.03;
/** The end may take this much longer than the longest visit so far. */
const END_MARGIN = 1.2;

/** A run that ends on time: the learning rate follows the clock, and the last evaluation and the last save are over then. */
export class ClockPace implements Pace {
  readonly #seconds: number;
  readonly #elapsed: () => number;
  readonly #rateAt: (share: number) => number;
  readonly #recent = new RecentMean();
  #visit: number | undefined;

  /**
   * @param seconds of the whole run
   * @param elapsed how many of them have passed
   * @param rateAt the learning rate when a share of the time has passed
   */
  constructor(seconds: number, elapsed: () => number, rateAt: (share: number) => number) {
    this.#seconds = seconds;
    this.#elapsed = elapsed;
    this.#rateAt = rateAt;
  }

  /** Of the time for steps. */
  share(): number {
    return Math.min(1, this.#elapsed() / this.#lastStep);
  }

  goesOn(): boolean {
    return this.#elapsed() + (this.#recent.value ?? 0) <= this.#lastStep;
  }

  rate(): number {
    return this.#rateAt(this.share());
  }

  secondsLeft(): number {
    return Math.max(0, this.#seconds - this.#elapsed());
  }

  stepped(seconds: number): void {
    this.#recent.add(seconds);
  }

  visited(seconds: number): void {
    this.#visit = Math.max(this.#visit ?? 0, seconds);
  }

  /** By the clock; for the first time at once. */
  cadence(times: number): Cadence {
    const period = this.#seconds / times;
    let last = Number.NEGATIVE_INFINITY;
    return () => {
      const now = this.#elapsed();
      if (now - last < period) return false;
      last = now;
      return true;
    };
  }

  /** When no step may run any more. */
  get #lastStep(): number {
    const end = this.#visit === undefined ? UNMEASURED_END * this.#seconds : END_MARGIN * this.#visit;
    return Math.max(0.5 * this.#seconds, this.#seconds - end);
  }
}

/** The mean of what was added, in which the latest count most. */
export class RecentMean {
  #sum = 0;
  #weight = 0;

  /** @param decay how much what came before counts now */
  add(value: number, decay = 0.9): void {
    this.#sum = decay * this.#sum + value;
    this.#weight = decay * this.#weight + 1;
  }

  /** Undefined before the first. */
  get value(): number | undefined {
    return this.#weight === 0 ? undefined : this.#sum / this.#weight;
  }
}
