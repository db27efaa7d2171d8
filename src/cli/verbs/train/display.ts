/** A run on standard error: on a terminal a status line that is redrawn, with the curves under it; else a line every ten seconds. */
import { describeScores } from "../../../evaluate/classification-report.ts";
import type { History, SampleRecord, TrainRecord, ValidationRecord } from "../../../train/run/history.ts";
import type { Pace } from "../../../train/run/pace.ts";
import type { RunObserver } from "../../../train/run/run.ts";
import { thousands } from "../../terminal/format.ts";
import { printable } from "../../terminal/output.ts";
import { isAnimated, type Spinner, startSpinner } from "../../terminal/spinner.ts";
import { type ColorWish, type Style, styleFor } from "../../terminal/style.ts";
import { lossChart } from "./loss-chart.ts";
import { Status, type StatusFacts } from "./status.ts";

const REDRAW_MS = 250;
const LINE_MS = 10_000;
/** Of the spinner before the line, and the cursor behind it. */
const SPINNER_COLUMNS = 3;

export interface DisplayWishes {
  readonly quiet?: boolean | undefined;
  /** How often -v was given: once for a line for every step. */
  readonly verbose?: number | undefined;
  readonly color?: ColorWish | undefined;
}

export class Display implements RunObserver, Disposable {
  readonly #status: Status;
  readonly #wishes: DisplayWishes;
  readonly #style: Style;
  readonly #isAnimated = isAnimated();
  readonly #clock: () => number;
  #spinner: Spinner | undefined;
  #history: History | undefined;
  #drawn = Number.NEGATIVE_INFINITY;

  /** @param clock in milliseconds */
  constructor(facts: StatusFacts, wishes: DisplayWishes, clock: () => number = () => performance.now()) {
    this.#status = new Status(facts);
    this.#wishes = wishes;
    this.#style = styleFor(process.stderr, wishes.color);
    this.#clock = clock;
  }

  begins(step: number, history: History): void {
    this.#history = history;
    this.#spinner = startSpinner("measuring the loss", this.#wishes.quiet, this.#wishes.color);
    if (step > 0) this.note(`going on after step ${thousands(step)}`);
  }

  stepped(record: TrainRecord, pace: Pace): void {
    this.#status.stepped(record);
    const history = this.#history;
    if (history === undefined) return;
    const isWordy = (this.#wishes.verbose ?? 0) > 0;
    const now = this.#clock();
    if (!isWordy && now - this.#drawn < (this.#isAnimated ? REDRAW_MS : LINE_MS)) return;
    this.#drawn = now;
    if (isWordy || !this.#isAnimated) this.note(this.#status.line(record, history, pace));
    const { columns = 80 } = process.stderr;
    const line = this.#status.line(record, history, pace, columns - SPINNER_COLUMNS);
    this.#spinner?.say(this.#framed(line, history));
  }

  evaluated({ step, loss, scores }: ValidationRecord, isBest: boolean): void {
    const praise = isBest && step > 0 ? ", the best so far" : "";
    const figures = scores ? `${praise}; ${describeScores(scores)}` : praise;
    this.note(`step ${thousands(step)}: validation loss ${loss.toFixed(4)}${figures}`);
  }

  sampled({ step, text }: SampleRecord): void {
    const lines = printable(text).trimEnd().replace(/^/gm, "  ");
    this.note(`step ${thousands(step)} writes:\n${this.#style.dim(lines)}`);
  }

  saved(): void {}

  /** A line that stays. */
  note(line: string): void {
    if (!this.#wishes.quiet) process.stderr.write(`${line}\n`);
  }

  stop(): void {
    this.#spinner?.stop();
    this.#spinner = undefined;
  }

  [Symbol.dispose](): void {
    this.stop();
  }

  /** With the curves, where the terminal has room for them. */
  #framed(line: string, history: History): string {
    const { columns = 80, rows = 24 } = process.stderr;
    const chart = rows < 14 ? "" : lossChart(history, this.#style, columns);
    return chart === "" ? line : `${line}\n${chart}`;
  }
}
