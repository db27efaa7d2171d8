/** What a run has measured so far: the lines of its metrics.jsonl, and the curves they make. */
import type { Scores } from "../../evaluate/classification-report.ts";
import { RecentMean } from "./recent-mean.ts";

export interface TrainRecord {
  readonly kind: "train";
  /** Updates after this one, so 1 for the first. */
  readonly step: number;
  /** Mean cross-entropy in nats, before the update. */
  readonly loss: number;
  readonly lr: number;
  /** Before clipping. */
  readonly gradNorm: number;
  /** That were read since the start of the run. */
  readonly tokens: number;
  /** That the step took. */
  readonly seconds: number;
  /** What it reached of the multiply-adds that the machine is capable of; unknown in files from before that was measured. */
  readonly peakShare?: number;
}

export interface ValidationRecord {
  readonly kind: "validation";
  /** Updates before it. */
  readonly step: number;
  /** Mean cross-entropy in nats. */
  readonly loss: number;
  /** Of a classifier. */
  readonly scores?: Scores;
}

export interface SampleRecord {
  readonly kind: "sample";
  /** Updates before it. */
  readonly step: number;
  readonly text: string;
}

export type RunRecord = TrainRecord | ValidationRecord | SampleRecord;

export interface Point {
  readonly step: number;
  readonly loss: number;
}

/** Measure by which a run keeps its best model. */
export const CRITERIA = ["loss", "accuracy", "macro-f1"] as const;
export type Criterion = (typeof CRITERIA)[number];

/** How much a loss counts in the smoothed one when another has come. */
const SMOOTHING = 0.95;
/** Less at the start, where losses fall fast: the last fifth of so few steps count. */
const smoothing = (step: number): number => Math.min(SMOOTHING, step / (step + 5));

export class History {
  readonly train: Point[] = [];
  /** The training loss without its noise. */
  readonly smoothed: Point[] = [];
  readonly validation: ValidationRecord[] = [];
  readonly samples: SampleRecord[] = [];
  readonly #mean = new RecentMean();
  readonly #bestBy: Criterion;
  #seconds = 0;

  /** The best model on all validation data, if that was measured. `best` is measured on a sample. */
  whole: ValidationRecord | undefined;

  constructor(bestBy: Criterion = "loss", records: Iterable<RunRecord> = []) {
    this.#bestBy = bestBy;
    for (const record of records) this.add(record);
  }

  add(record: RunRecord): void {
    if (record.kind === "sample") this.samples.push(record);
    else if (record.kind === "validation") this.validation.push(record);
    else this.#addStep(record);
  }

  #addStep({ step, loss, seconds }: TrainRecord): void {
    this.#mean.add(loss, smoothing(this.train.length));
    this.#seconds += seconds;
    this.train.push({ step, loss });
    this.smoothed.push({ step, loss: this.#mean.value ?? loss });
  }

  /** That all steps took. */
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
  #scoreOf({ loss, scores }: ValidationRecord): number {
    if (this.#bestBy === "accuracy" && scores) return scores.accuracy;
    if (this.#bestBy === "macro-f1" && scores) return scores.macroF1;
    return -loss;
  }
}
