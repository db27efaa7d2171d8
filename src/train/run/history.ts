/** Measurements of a run so far: the lines of its metrics.jsonl, and their curves. */
import type { Scores } from "../../evaluate/classification-report.ts";
import type { Metrics } from "../step/metrics.ts";
import { RecentMean } from "./recent-mean.ts";

export interface TrainRecord {
  readonly kind: "train";
  /** Number of updates with this one: 1 for the first. */
  readonly step: number;
  /** Mean cross-entropy in nats, before the update. */
  readonly loss: number;
  readonly lr: number;
  /** Norm before clipping. */
  readonly gradNorm: number;
  /** Tokens since the start of the run. */
  readonly tokens: number;
  /** Seconds of the step. */
  readonly seconds: number;
  /** Share of the peak rate of multiply-adds. Old files do not have it. */
  readonly peakShare?: number;
  /** Tokens a second that a policy writes, while it answers the prompts of the step. */
  readonly rolloutRate?: number;
  /** Figures of the objective. */
  readonly metrics?: Metrics;
}

export interface ValidationRecord {
  readonly kind: "validation";
  /** Number of updates before it. */
  readonly step: number;
  /** Mean cross-entropy in nats. */
  readonly loss: number;
  /** Scores of a classifier. */
  readonly scores?: Scores;
  /** Figures of the objective. */
  readonly metrics?: Metrics;
}

export interface SampleRecord {
  readonly kind: "sample";
  /** Number of updates before it. */
  readonly step: number;
  readonly text: string;
}

export type RunRecord = TrainRecord | ValidationRecord | SampleRecord;

export interface Point {
  readonly step: number;
  /** The loss, or the reward of a policy. */
  readonly value: number;
}

/** Measure by which a run keeps its best model. */
export const CRITERIA = ["loss", "accuracy", "macro-f1", "reward"] as const;
export type Criterion = (typeof CRITERIA)[number];

/** Factor of the weight of all earlier losses in the smoothed one, for each new loss. */
const SMOOTHING = 0.95;
/** A smaller factor at the start, where losses fall fast: there the last fifth of the steps counts. */
const smoothing = (step: number): number => Math.min(SMOOTHING, step / (step + 5));

export class History {
  readonly train: Point[] = [];
  /** Training values without their noise. */
  readonly smoothed: Point[] = [];
  readonly validation: ValidationRecord[] = [];
  readonly samples: SampleRecord[] = [];
  readonly #mean = new RecentMean();
  readonly #bestBy: Criterion;
  readonly #klBound: number;
  #seconds = 0;

  /** The best model on all validation data, if that was measured. `best` is measured on a sample. */
  whole: ValidationRecord | undefined;

  /** @param klBound of a policy: the best one is at most that far from its reference */
  constructor(
    bestBy: Criterion = "loss",
    records: Iterable<RunRecord> = [],
    klBound = Number.POSITIVE_INFINITY,
  ) {
    this.#bestBy = bestBy;
    this.#klBound = klBound;
    for (const record of records) this.add(record);
  }

  add(record: RunRecord): void {
    if (record.kind === "sample") this.samples.push(record);
    else if (record.kind === "validation") this.validation.push(record);
    else this.#addStep(record);
  }

  /** What the curves show. */
  get measure(): "loss" | "reward" {
    return this.#bestBy === "reward" ? "reward" : "loss";
  }

  /** A loss says nothing of a policy: with advantages around 0 it is near 0. */
  valueOf({ loss, metrics }: Pick<TrainRecord, "loss" | "metrics">): number {
    return this.measure === "reward" ? (metrics?.reward ?? -loss) : loss;
  }

  /** The curve of the validation. */
  get validated(): readonly Point[] {
    return this.validation.map((record) => ({ step: record.step, value: this.valueOf(record) }));
  }

  #addStep(record: TrainRecord): void {
    const { step, seconds } = record;
    const value = this.valueOf(record);
    this.#mean.add(value, smoothing(this.train.length));
    this.#seconds += seconds;
    this.train.push({ step, value });
    this.smoothed.push({ step, value: this.#mean.value ?? value });
  }

  /** Seconds of all steps. */
  get seconds(): number {
    return this.#seconds;
  }

  /** The best validation by the criterion, then by the loss; the first of equals. */
  get best(): ValidationRecord | undefined {
    return this.validation.reduce<ValidationRecord | undefined>(
      (best, point) => (best === undefined || this.#isBetter(point, best) ? point : best),
      undefined,
    );
  }

  #isBetter(point: ValidationRecord, best: ValidationRecord): boolean {
    const [score, bestScore] = [this.#scoreOf(point), this.#scoreOf(best)];
    return score === bestScore ? point.loss < best.loss : score > bestScore;
  }

  /** Higher is better. */
  #scoreOf(record: ValidationRecord): number {
    const { loss, scores, metrics } = record;
    if (this.#bestBy === "reward") {
      const kl = metrics?.["objective/kl"] ?? 0;
      return kl <= this.#klBound ? this.valueOf(record) : Number.NEGATIVE_INFINITY;
    }
    if (this.#bestBy === "accuracy" && scores) return scores.accuracy;
    if (this.#bestBy === "macro-f1" && scores) return scores.macroF1;
    return -loss;
  }
}
