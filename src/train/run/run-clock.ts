/** Seconds of a run, over all processes that worked on it. */
import { isJsonObject, type JsonObject, type JsonValue } from "../../files/json.ts";

export class RunClock {
  readonly #before: number;
  readonly #start: number;
  readonly #now: () => number;
  #begun: number | undefined;

  /**
   * @param saved result of `toJson` in the last save; null for a new run
   * @param start time at which this process began, in the milliseconds of `now`
   */
  constructor(saved: JsonValue, start: number, now: () => number = () => performance.now()) {
    const { elapsed, begun } = isJsonObject(saved) ? saved : {};
    this.#before = secondsIn(elapsed) ?? 0;
    this.#begun = secondsIn(begun);
    this.#start = start;
    this.#now = now;
  }

  /** Seconds of the whole run so far. */
  get elapsed(): number {
    return this.#before + (this.#now() - this.#start) / 1000;
  }

  /** Elapsed seconds at the first step; 0 before it. The learning rate's schedule starts here. */
  get begun(): number {
    return this.#begun ?? 0;
  }

  /** Marks the first step. Later calls change nothing. */
  begin(): void {
    this.#begun ??= this.elapsed;
  }

  toJson(): JsonObject {
    return { elapsed: this.elapsed, ...(this.#begun === undefined ? {} : { begun: this.#begun }) };
  }
}

const secondsIn = (value: JsonValue | undefined): number | undefined =>
  typeof value === "number" && value >= 0 ? value : undefined;
