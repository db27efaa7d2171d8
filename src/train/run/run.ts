/** A run: steps until its pace ends it, with evaluations, samples and saves between them. */
import { performance } from "node:perf_hooks";
import { GptError } from "../../errors.ts";
import { type Outcome, report } from "../../evaluate/classification-report.ts";
import type { Replica } from "../replicas/replica.ts";
import { Means, shown } from "../step/metrics.ts";
import {
  type Criterion,
  History,
  type SampleRecord,
  type TrainRecord,
  type ValidationRecord,
} from "./history.ts";
import type { MetricsFile } from "./metrics-file.ts";
import type { Example, ModelInTraining } from "./model-in-training.ts";
import type { RunObserver } from "./observer.ts";
import { type Cadence, never, type Pace } from "./pace.ts";
import type { RunClock } from "./run-clock.ts";
import type { RunDirectory } from "./run-directory.ts";

export interface RunData {
  /** Examples of the step after this number of steps. */
  batch(step: number): Promise<readonly Example[]>;
  readonly validation: ValidationData;
  /** Tokens of a step. */
  readonly stepTokens: number;
}

/** Examples that the model is measured on, in batches. */
export interface ValidationData {
  /** Number of all sequences; 0 without validation. */
  readonly size: number;
  /** Number of sequences in an evaluation. */
  readonly sampled: number;
  /** The same sequences in every evaluation. */
  sample(): AsyncIterable<readonly Example[]>;
  all(): AsyncIterable<readonly Example[]>;
}

/** Times of evaluations, samples and saves. */
export interface Cadences {
  readonly evaluate: Cadence;
  readonly sample: Cadence;
  readonly save: Cadence;
}

export interface RunParts {
  readonly model: ModelInTraining;
  readonly data: RunData;
  readonly pace: Pace;
  readonly cadences: Cadences;
  readonly directory: RunDirectory;
  readonly metrics: MetricsFile;
  readonly bestBy: Criterion;
  /** Of a policy: how far the best one may be from its reference. */
  readonly klBound?: number | undefined;
  /** Seconds of a step of multiply-adds alone, at the peak rate of the machine. */
  readonly secondsAtPeak: number;
  readonly clock: Pick<RunClock, "begin" | "toJson">;
  /** Writes a text with the weights of the moment. */
  readonly sample: (signal: AbortSignal) => Promise<string>;
  readonly observer: RunObserver;
  /** Its exchange with others that train the same model. */
  readonly replica?: Pick<Replica, "join" | "isDue" | "exchange" | "toJson"> | undefined;
}

/** Seconds that the measurement on all validation data may take at the end of a run. */
const LONGEST_MEASUREMENT = 3;

export class Run {
  readonly history: History;
  readonly #parts: RunParts;
  #savedStep: number | undefined;
  /** Whether an exchange has changed the weights since then. */
  #isExchanged = false;

  constructor(parts: RunParts) {
    this.#parts = parts;
    this.history = new History(parts.bestBy, parts.metrics.records, parts.klBound);
    if (this.#step > 0) this.#savedStep = this.#step;
  }

  /** Step of the last save; undefined before it. */
  get savedStep(): number | undefined {
    return this.#savedStep;
  }

  get #step(): number {
    return this.#parts.model.steps;
  }

  /**
   * Trains to the end of the run. The last save is complete whatever ends the run, and a signal saves once
   * more.
   *
   * @throws GptError `resource` for a full disk, and as the model's `step`; the signal's reason
   */
  async train(signal: AbortSignal): Promise<void> {
    const { pace, cadences, clock, observer } = this.#parts;
    observer.begins(this.#step, this.history);
    if (this.#step > 0) await this.#keepIfBest(); // it may have been cut off between the two
    try {
      await this.#parts.replica?.join(this.#step);
      await this.#exchange(signal); // it may have been cut off
      await this.#visit(cadences, signal);
      if (this.#step === 0) clock.begin();
      while (pace.goesOn(this.#step)) {
        await this.#takeStep(signal);
        await this.#exchange(signal);
        await this.#visit(cadences, signal);
      }
      const sample = cadences.sample === never ? never : always;
      await this.#visit({ evaluate: always, sample, save: always }, signal);
      await this.#measureAll(signal);
    } catch (error) {
      if (signal.aborted) await this.#save();
      throw error;
    }
  }

  /** A run that is killed in an exchange goes on before it. */
  async #exchange(signal: AbortSignal): Promise<void> {
    const { replica } = this.#parts;
    if (!replica?.isDue(this.#step)) return;
    await this.#save();
    await replica.exchange(this.#step, signal);
    this.#isExchanged = true;
  }

  async #takeStep(signal: AbortSignal): Promise<void> {
    const { model, data, pace, metrics, secondsAtPeak, observer } = this.#parts;
    const start = performance.now();
    const batch = await data.batch(this.#step);
    const taken = await model.step(batch, { lr: pace.rate(this.#step), signal });
    const { loss, gradNorm, lr, rolloutRate } = taken;
    const seconds = (performance.now() - start) / 1000;
    pace.stepped(seconds);
    const tokens = this.#step * data.stepTokens;
    const rollouts = rolloutRate === undefined ? {} : { rolloutRate };
    const times = { seconds, peakShare: secondsAtPeak / seconds, ...rollouts };
    const own = { step: this.#step, loss, lr, gradNorm, tokens, ...shown(taken.metrics) };
    const record: TrainRecord = { kind: "train", ...own, ...times };
    this.history.add(record);
    await metrics.add(record);
    observer.stepped(record, pace);
  }

  /** Evaluates, samples and saves, if they are due: each at most once for a step, also in a resumed run. */
  async #visit({ evaluate, sample, save }: Cadences, signal: AbortSignal): Promise<void> {
    const step = this.#step;
    const start = performance.now();
    const isDue = { evaluate: evaluate(step), sample: sample(step), save: save(step) };
    let measureAll = 0;
    if (isDue.evaluate && this.history.validation.at(-1)?.step !== step) {
      await this.#evaluate(signal);
      measureAll = this.#secondsOfAll((performance.now() - start) / 1000);
    }
    if (isDue.sample && step > 0 && this.history.samples.at(-1)?.step !== step) await this.#sample(signal);
    if (isDue.save && (this.#savedStep !== step || this.#isExchanged)) await this.#save();
    if (!isDue.evaluate && !isDue.save) return;
    this.#parts.pace.visited((performance.now() - start) / 1000 + measureAll);
  }

  /** Estimated seconds of `measureAll`; 0 if it will not run. */
  #secondsOfAll(evaluation: number): number {
    const { size, sampled } = this.#parts.data.validation;
    const seconds = sampled === size ? 0 : (evaluation * size) / sampled;
    return seconds > LONGEST_MEASUREMENT ? 0 : seconds;
  }

  /** Measures the best model on all validation data, if it is the last one and that takes seconds. */
  async #measureAll(signal: AbortSignal): Promise<void> {
    const { size, sampled, all } = this.#parts.data.validation;
    if (sampled === size || this.history.best?.step !== this.#step) return;
    const start = performance.now();
    const isSlow = (done: number) =>
      ((performance.now() - start) / 1000) * (size / done) > LONGEST_MEASUREMENT;
    const figures = await this.#validate(all(), signal, isSlow);
    if (figures !== undefined) this.history.whole = { kind: "validation", step: this.#step, ...figures };
  }

  async #evaluate(signal: AbortSignal): Promise<void> {
    const figures = await this.#validate(this.#parts.data.validation.sample(), signal);
    if (figures === undefined) return;
    const { loss } = figures;
    if (!Number.isFinite(loss)) {
      const problem = `after step ${this.#step} the validation loss is ${loss}`;
      const advice = "begin again with a lower learning rate, or a longer warm-up";
      throw new GptError("usage", `training has diverged: ${problem}: ${advice}`);
    }
    const { metrics, observer } = this.#parts;
    const record: ValidationRecord = { kind: "validation", step: this.#step, ...figures };
    this.history.add(record);
    await metrics.add(record);
    const isBest = this.history.best === record;
    observer.evaluated(record, isBest);
    if (isBest) await this.#save();
  }

  /** @param stop asked after each batch with the number of sequences so far; the result is then undefined */
  async #validate(
    batches: AsyncIterable<readonly Example[]>,
    signal: AbortSignal,
    stop: (done: number) => boolean = () => false,
  ): Promise<Omit<ValidationRecord, "kind" | "step"> | undefined> {
    const { model } = this.#parts;
    let [sum, count, done] = [0, 0, 0];
    const all: Outcome[] = [];
    const means = new Means();
    for await (const batch of batches) {
      const { loss, targets, outcomes = [], metrics = {} } = await model.evaluate(batch, { signal });
      for (const [name, value] of Object.entries(metrics)) means.add(name, value * targets, targets);
      done += batch.length;
      if (stop(done)) return undefined;
      sum += loss * targets;
      count += targets;
      all.push(...outcomes);
    }
    if (count === 0) return undefined;
    if (all.length === 0) return { loss: sum / count, ...shown(means.values) };
    return { loss: sum / count, scores: report(all) };
  }

  async #sample(signal: AbortSignal): Promise<void> {
    const { sample, metrics, observer } = this.#parts;
    const record: SampleRecord = { kind: "sample", step: this.#step, text: await sample(signal) };
    signal.throwIfAborted(); // an interrupted text is no sample
    this.history.add(record);
    await metrics.add(record);
    observer.sampled(record);
  }

  async #save(): Promise<void> {
    const { model, directory, clock, observer, replica } = this.#parts;
    await model.save(directory.last, { ...clock.toJson(), ...replica?.toJson() });
    await this.#keepIfBest();
    this.#savedStep = this.#step;
    this.#isExchanged = false;
    observer.saved(this.#step);
  }

  /** Makes the last model that of the directory, if it is the best or if there is no validation. */
  async #keepIfBest(): Promise<void> {
    const { best } = this.history;
    if (best === undefined || best.step === this.#step) await this.#parts.directory.keepLast();
  }
}

const always: Cadence = () => true;
