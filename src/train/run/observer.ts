/** Events of a run, for whatever shows them. */
import type { PresetName } from "../new-model/presets.ts";
import type { ReplicaObserver } from "../replicas/replica.ts";
import type { History, SampleRecord, TrainRecord, ValidationRecord } from "./history.ts";
import type { Pace } from "./pace.ts";

/** Work before the first step. */
export type Stage =
  | "preparing"
  | "measuring the machine"
  | "training a tokenizer"
  | "making the model"
  | "loading the model";

export interface PreparationObserver {
  /** The stage lasts until the next one, or until the run begins. */
  preparing(stage: Stage): void;
  tokenized(textBytes: number): void;
  /** The time decided on a preset. */
  sized(preset: PresetName, seconds: number, flopsPerSecond: number): void;
  /** Some texts are longer than the context; their ends are not read. */
  truncated(texts: number, context: number): void;
  /** Some examples are longer than the context, and left out. */
  dropped(examples: number, context: number): void;
  /** There are too few documents to hold one out. */
  unvalidated(): void;
}

/** Constants of a run. */
export interface RunFacts {
  /** Steps of the run; undefined if the clock ends it. */
  readonly steps: number | undefined;
  /** A classifier's training loss is that of its classes alone. */
  readonly isClassifier: boolean;
  /** Tokens of a step. */
  readonly stepTokens: number;
  /** Floating-point operations of a step for each token. */
  readonly tokenFlops: number;
  /** Multiply-adds alone reach this many floating-point operations a second on this machine. */
  readonly peakFlops: number;
  readonly trainedParameters: number;
  readonly allParameters: number;
}

export interface RunObserver {
  /** @param history measurements of the run so far; it grows with the run */
  begins(step: number, history: History): void;
  stepped(record: TrainRecord, pace: Pace): void;
  evaluated(record: ValidationRecord, isBest: boolean): void;
  sampled(record: SampleRecord): void;
  saved(step: number): void;
}

export interface TrainingObserver extends PreparationObserver, RunObserver, ReplicaObserver {
  prepared(facts: RunFacts): void;
  /** A signal ended the run. `failure` is what saving the last state threw. */
  interrupted(step: number, failure: unknown): void;
  /** An error ended the run. @param kept step of the model that the directory keeps, if there is one */
  failed(kept: number | undefined): void;
}
