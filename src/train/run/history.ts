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
  #seconds = 0;

  constructor(records: Iterable<RunRecord> = []) {
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

  /** The lowest validation loss, the first of equals. */
  get best(): ValidationRecord | undefined {
    return this.validation.reduce<ValidationRecord | undefined>(
      (best, point) => (best === undefined || point.loss < best.loss ? point : best),
      undefined,
    );
  }
}
