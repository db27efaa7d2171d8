/** The two limits of a generation from outside: the caller's signal, and the time. */
import type { GenerateSettings } from "./options/settings.ts";

export class Limit {
  readonly #signal: AbortSignal | undefined;
  /** On the clock of `performance.now`. */
  readonly #end: number | undefined;
  readonly #timeIsOver = new Error("the time is over");

  /** The time starts now. */
  constructor({ maxTime, signal }: Pick<GenerateSettings, "maxTime" | "signal">) {
    this.#signal = signal;
    this.#end = maxTime === undefined ? undefined : performance.now() + maxTime * 1000;
  }

  /** Runs work within the limits. They end it by the signal that it gets. */
  async run<T>(work: (signal: AbortSignal | undefined) => Promise<T>): Promise<T> {
    if (this.#end === undefined) return work(this.#signal);
    const left = this.#end - performance.now();
    if (left <= 0) throw this.#timeIsOver;
    const either = new AbortController();
    const interrupt = () => either.abort(this.#signal?.reason);
    if (this.#signal?.aborted) interrupt();
    this.#signal?.addEventListener("abort", interrupt);
    const timer = setTimeout(() => either.abort(this.#timeIsOver), left);
    try {
      return await work(either.signal);
    } finally {
      clearTimeout(timer);
      this.#signal?.removeEventListener("abort", interrupt);
    }
  }

  /** The limit that made work throw this error; undefined for any other error. */
  reasonOf(error: unknown): "interrupted" | "time" | undefined {
    if (error === this.#timeIsOver) return "time";
    return this.#signal?.aborted && isAbort(error, this.#signal) ? "interrupted" : undefined;
  }
}

const isAbort = (error: unknown, signal: AbortSignal): boolean =>
  error === signal.reason || (error instanceof Error && error.name === "AbortError");
