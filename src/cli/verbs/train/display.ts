/**
 * A run on standard error. On a terminal: a status line that is redrawn, with the curves under it, and the
 * curves once more at the end. Elsewhere: a line every ten seconds.
 */

import { GptError } from "../../../errors.ts";
import { describeScores } from "../../../evaluate/classification-report.ts";
import type { PresetName } from "../../../train/new-model/presets.ts";
import type { History, SampleRecord, TrainRecord, ValidationRecord } from "../../../train/run/history.ts";
import type { RunFacts, Stage, TrainingObserver } from "../../../train/run/observer.ts";
import type { Pace } from "../../../train/run/pace.ts";
import type { FinishedRun } from "../../../train/run/train-run.ts";
import { bytes, counted, duration, thousands } from "../../terminal/format.ts";
import { printable } from "../../terminal/output.ts";
import { isAnimated, type Spinner, startSpinner } from "../../terminal/spinner.ts";
import { type ColorWish, type Style, styleFor } from "../../terminal/style.ts";
import { lossChart } from "./loss-chart.ts";
import { Status } from "./status.ts";

const REDRAW_MS = 250;
const LINE_MS = 10_000;
/** Columns of the spinner before the line and of the cursor behind it. */
const SPINNER_COLUMNS = 3;

export interface DisplayWishes {
  readonly quiet?: boolean | undefined;
  /** Repetitions of -v. One gives a line for every step. */
  readonly verbose?: number | undefined;
  readonly color?: ColorWish | undefined;
}

export class Display implements TrainingObserver, Disposable {
  readonly #path: string;
  readonly #wishes: DisplayWishes;
  readonly #style: Style;
  readonly #isAnimated = isAnimated();
  readonly #clock: () => number;
  #status: Status | undefined;
  #spinner: Spinner | undefined;
  #history: History | undefined;
  #drawn = Number.NEGATIVE_INFINITY;

  /**
   * @param path the directory of the run
   * @param clock in milliseconds
   */
  constructor(path: string, wishes: DisplayWishes, clock: () => number = () => performance.now()) {
    this.#path = path;
    this.#wishes = wishes;
    this.#style = styleFor(process.stderr, wishes.color);
    this.#clock = clock;
  }

  preparing(stage: Stage): void {
    this.#say(stage);
  }

  tokenized(textBytes: number): void {
    this.#say(`reading the data: ${bytes(textBytes)}`);
  }

  sized(preset: PresetName, seconds: number, flopsPerSecond: number): void {
    const speed = `${(flopsPerSecond / 1e9).toPrecision(3)} GFLOP/s`;
    this.note(`${speed}: in ${duration(seconds)} this machine trains the preset ${preset}`);
  }

  truncated(texts: number, context: number): void {
    this.note(`${counted(texts, "text")} of more than ${context} tokens: the end is not read`);
  }

  dropped(examples: number, context: number): void {
    this.note(`${counted(examples, "example")} of more than ${context} tokens: left out`);
  }

  unvalidated(): void {
    const problem = "too few documents to keep one back for validation";
    this.note(`${problem}: there is none; --valid FILE gives it a text`);
  }

  prepared(facts: RunFacts): void {
    this.stop();
    this.#status = new Status(facts);
    const { trainedParameters, allParameters } = facts;
    if (trainedParameters === allParameters) return;
    this.note(
      `training ${thousands(trainedParameters)} parameters; the model has ${thousands(allParameters)}`,
    );
  }

  begins(step: number, history: History): void {
    this.#history = history;
    this.#say("measuring the loss");
    if (step > 0) this.note(`going on after step ${thousands(step)}`);
  }

  stepped(record: TrainRecord, pace: Pace): void {
    const [status, history] = [this.#status, this.#history];
    if (status === undefined || history === undefined) return;
    status.stepped(record);
    const isWordy = (this.#wishes.verbose ?? 0) > 0;
    const now = this.#clock();
    if (!isWordy && now - this.#drawn < (this.#isAnimated ? REDRAW_MS : LINE_MS)) return;
    this.#drawn = now;
    if (isWordy || !this.#isAnimated) this.note(status.line(record, history, pace));
    const { columns = 80 } = process.stderr;
    const line = status.line(record, history, pace, columns - SPINNER_COLUMNS);
    this.#say([line, ...this.#chart(history)].join("\n"));
  }

  evaluated({ step, loss, scores, metrics = {} }: ValidationRecord, isBest: boolean): void {
    const { reward, "objective/kl": kl } = metrics;
    const praise = isBest && step > 0 ? ", the best so far" : "";
    const right = metrics["rewards/accuracies"] ?? metrics.accuracy;
    const told = right === undefined ? praise : `${praise}; ${(100 * right).toFixed(1)}% of pairs right`;
    const figures = scores ? `${praise}; ${describeScores(scores)}` : told;
    const measured = reward === undefined ? `loss ${loss.toFixed(4)}` : describeReward(reward, kl);
    this.note(`step ${thousands(step)}: validation ${measured}${figures}`);
  }

  sampled({ step, text }: SampleRecord): void {
    const lines = printable(text).trimEnd().replace(/^/gm, "  ");
    this.note(`step ${thousands(step)} writes:\n${this.#style.dim(lines)}`);
  }

  saved(): void {}

  waits(outer: number, present: number, expected: number): void {
    this.#say(`outer step ${thousands(outer)}: ${present} of ${expected} changes are there`);
  }

  exchanged(outer: number, replicas: readonly number[], isIncluded: boolean): void {
    const own = isIncluded ? "" : ", not its own, which came too late";
    this.note(`outer step ${thousands(outer)}: ${counted(replicas.length, "change")}${own}`);
  }

  joined(outer: number, step: number): void {
    this.note(`joins after outer step ${thousands(outer)}, at step ${thousands(step)}`);
  }

  interrupted(step: number, failure: unknown): void {
    this.stop();
    if (failure instanceof GptError) this.note(`gpt: ${failure.message}`);
    else {
      const place = step === 0 ? "before the first step" : `after step ${thousands(step)}`;
      this.note(`stopped ${place}; gpt train --resume ${this.#path} goes on`);
    }
  }

  failed(kept: number | undefined): void {
    this.stop();
    if (kept !== undefined) this.note(`${this.#path} keeps the model of step ${thousands(kept)}`);
  }

  /** @param use the command that uses the model */
  finished(run: FinishedRun, use: string): void {
    this.stop();
    if (this.#isAnimated) for (const chart of this.#chart(run.history)) this.note(chart);
    this.note(`${summary(run)} · ${use}`);
  }

  /** Writes a line that stays. */
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

  #say(text: string): void {
    if (this.#spinner === undefined) {
      this.#spinner = startSpinner(text, this.#wishes.quiet, this.#wishes.color);
    } else this.#spinner.say(text);
  }

  /** The curves, if the terminal has room for them. */
  #chart(history: History): string[] {
    const { columns = 80, rows = 24 } = process.stderr;
    const chart = rows < 14 ? "" : lossChart(history, this.#style, columns);
    return chart === "" ? [] : [chart];
  }
}

const describeReward = (reward: number, kl: number | undefined): string =>
  `reward ${reward.toFixed(4)}${kl === undefined ? "" : ` at a KL of ${kl.toFixed(3)}`}`;

function summary({ history, validation: { size, sampled }, seconds }: FinishedRun): string {
  const { best, whole, train } = history;
  const shown = whole ?? best;
  const scores = shown?.scores ? `, ${describeScores(shown.scores)}` : "";
  const measured = whole || sampled === size ? `all ${thousands(size)}` : `${sampled} of ${thousands(size)}`;
  const { reward, "objective/kl": kl } = shown?.metrics ?? {};
  const loss = shown
    ? ` · best validation ${reward === undefined ? `loss ${shown.loss.toFixed(4)}` : describeReward(reward, kl)} after step ${thousands(shown.step)}, on ${measured} ${shown.scores ? "texts" : "sequences"}${scores}`
    : "";
  return `${counted(train.at(-1)?.step ?? 0, "step")} in ${duration(seconds)}${loss}`;
}
