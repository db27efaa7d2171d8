/**
 * Objectives: the losses that training lowers. An objective is a file in this folder and a line in table.ts.
 *
 * It gets the outputs of its head for the rows of a micro-batch, and replaces them by the gradient of its
 * loss. Cross-entropy with a weight for each row (cross-entropy.ts) is enough for language models and
 * classifiers, for DPO (one weight a sequence) and for PPO and GRPO (one a token). Their weights depend on
 * log-probabilities, which `HeadRows.read` gives before `differentiate`. A reward model has a head of one
 * output, whose gradient has two numbers for each pair.
 */
import type { HuggingFaceCheckpoint } from "../../checkpoint/checkpoint.ts";
import type { Session } from "../../engine/session.ts";
import type { ModelDescription } from "../../families/description.ts";
import type { Decoder, Head } from "../../model/modules.ts";
import type { Evaluation } from "../evaluation.ts";
import type { ExampleReader, Sequence } from "../examples.ts";
import type { Schedule } from "../schedule.ts";
import type { HeadRows, TrainedRows } from "../step/head-rows.ts";
import type { Metrics } from "../step/metrics.ts";
import type { ReferenceScores } from "../step/reference-scores.ts";

/** A loss of one head in one step. */
export interface Objective {
  readonly head: Head;
  /** Probability that an element of the head's input is dropped. */
  readonly dropout: number;
  /** The loss of the step is the sum over its micro-batches times this factor. */
  readonly scale: number;
  /** Its gradient counts, its loss is not reported. */
  readonly beside?: true;
  /**
   * Returns the sum of the losses of a micro-batch. The gradient of that sum times `scale` flows back.
   * @param sequences whose rows these are, in their order
   */
  differentiate(rows: TrainedRows, sequences: readonly Sequence[]): Promise<number>;
  /** Figures of the step, once all its micro-batches are differentiated. */
  metrics?(): Metrics;
}

/** The sum of `work` over the micro-batches of sequences, with the outputs of a head and without dropout. */
export type Measure = <S extends Sequence>(
  sequences: readonly S[],
  work: (rows: HeadRows, group: readonly S[]) => Promise<number>,
) => Promise<number>;

/** Inputs of the objectives of a step. */
export interface Step {
  readonly decoder: Decoder;
  /** The longest sequence. */
  readonly contextSize: number;
  /** All sequences of the step. */
  readonly sequences: readonly Sequence[];
  /** Share of the probability that is spread over all classes. */
  readonly labelSmoothing: number;
  /** Factor of the load-balancing loss of routers; 0 for none. */
  readonly routerLoss: number;
  /** Of an objective that learns a value function. */
  readonly valueHead?: Head | undefined;
  /** With the model before the update, and its own head. */
  readonly measure: Measure;
  /** With the model that the run started from, or another one that does not change. */
  readonly reference: Measure;
  /** Log-probabilities of completions that `reference` has computed. */
  readonly scores: () => Promise<ReferenceScores>;
  /** As `reference`, inside of `differentiate`, which has the threads for itself. The model must be loaded. */
  readonly teacher: Measure;
}

/** A model with the head that the objective needs. */
export interface PlannedModel {
  readonly checkpoint: HuggingFaceCheckpoint;
  readonly description: ModelDescription;
  /** Whether the head has to be drawn, because the checkpoint has none. */
  readonly isHeadNew: boolean;
}

/** Access of an evaluation to the model. */
export interface Measuring {
  readonly decoder: Decoder;
  /** The longest sequence. */
  readonly contextSize: number;
  readonly signal: AbortSignal | undefined;
  readonly measure: Measure;
  readonly reference: Measure;
  readonly scores: () => Promise<ReferenceScores>;
  createSession(): Session;
}

/** One kind of objective, for all models. */
export interface ObjectiveKind<Settings> {
  /** @throws GptError `usage` for a value outside its range, and for an unknown option */
  resolve(given: Readonly<Record<string, unknown>>): Settings;
  /** @throws GptError `usage` for a model that cannot have this objective */
  plan(found: HuggingFaceCheckpoint, settings: Settings): Promise<PlannedModel>;
  readonly examples: ExampleReader;
  /** Whether it compares the model with the one that the run started from. */
  readonly hasReference?: true;
  /** Whether it learns a value function, too. */
  readonly hasValues?: true;
  /** Hyperparameters that a run has unless others are chosen. */
  defaults?(settings: Settings): Defaults;
  /** Adds what the sequences of a batch say of one another. */
  prepare?(sequences: readonly Sequence[], settings: Settings): readonly Sequence[];
  /** The gradient of a step is that of all. */
  objectives(step: Step, settings: Settings): Objectives | Promise<Objectives>;
  evaluate(measuring: Measuring, sequences: readonly Sequence[], settings: Settings): Promise<Evaluation>;
}

export type Objectives = readonly [Objective, ...Objective[]];

export interface Defaults extends Partial<Pick<Schedule, "schedule" | "lr" | "minLr">> {
  readonly betas?: readonly [number, number];
  readonly weightDecay?: number;
  readonly clipGradNorm?: number;
}

/** Of transformers' trainer, which people know TRL's losses with. */
export const HUGGING_FACE: Defaults = {
  schedule: "linear",
  minLr: 0,
  betas: [0.9, 0.999],
  weightDecay: 0,
  clipGradNorm: 1,
};
