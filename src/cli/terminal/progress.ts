/**
 * How far long work is, on standard error: a line that is redrawn on a terminal, else a line every ten
 * seconds.
 */
import { duration, thousands } from "./format.ts";
import { isAnimated, startSpinner } from "./spinner.ts";

export interface Progress extends Disposable {
  /**
   * @param done how many are done in all
   * @param note what is known so far
   */
  advance(done: number, note?: string): void;
  /** Takes the line away. Calls after the first do nothing. */
  stop(): void;
}

const silent: Progress = { advance: () => {}, stop: () => {}, [Symbol.dispose]: () => {} };

const REDRAW_MS = 100;
const LINE_MS = 10_000;

/**
 * @param total how many there will be, where that is known
 * @param label of the counted things: "prompts"
 */
export function startProgress(total: number | undefined, label: string, quiet: boolean): Progress {
  if (quiet) return silent;
  const pace = new Pace();
  let note: string | undefined;
  const line = () => [progressLine(label, pace, total), ...(note === undefined ? [] : [note])].join(" · ");
  const advance = (done: number, known?: string) => {
    note = known;
    pace.advance(done);
  };
  if (!isAnimated()) return updating(advance, LINE_MS, () => process.stderr.write(`${line()}\n`));
  const spinner = startSpinner(line());
  return updating(
    advance,
    REDRAW_MS,
    () => spinner.say(line()),
    () => spinner.stop(),
  );
}

function updating(
  advance: Progress["advance"],
  period: number,
  update: () => void,
  end: () => void = () => {},
): Progress {
  const timer = setInterval(update, period).unref();
  const stop = () => {
    clearInterval(timer);
    end();
  };
  return { advance, stop, [Symbol.dispose]: stop };
}

/** Counts finished items. Items finished before the first count, as after --resume, do not raise the rate. */
export class Pace {
  #first: { readonly done: number; readonly time: number } | undefined;
  #last = { done: 0, time: 0 };

  /** @param time in milliseconds */
  advance(done: number, time = performance.now()): void {
    this.#last = { done, time };
    this.#first ??= this.#last;
  }

  get done(): number {
    return this.#last.done;
  }

  /** How many a second; undefined before two counts. */
  get rate(): number | undefined {
    const { done, time } = this.#first ?? this.#last;
    const seconds = (this.#last.time - time) / 1000;
    return seconds > 0 ? (this.#last.done - done) / seconds : undefined;
  }
}

/** `prompts 120/1,000 · 4.21/s · 3m 29s left`. */
export function progressLine(
  label: string,
  { done, rate }: Pick<Pace, "done" | "rate">,
  total?: number,
): string {
  const parts = [`${label} ${thousands(done)}${total === undefined ? "" : `/${thousands(total)}`}`];
  if (rate !== undefined) parts.push(`${rate.toLocaleString("en-US", { maximumSignificantDigits: 3 })}/s`);
  if (rate && total !== undefined) parts.push(`${duration(Math.max(0, total - done) / rate)} left`);
  return parts.join(" · ");
}
