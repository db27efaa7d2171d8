/** A model in training, and what it learns from, as a run sees them. */
import type { JsonObject } from "../../files/json.ts";
import type { Written } from "../../files/written.ts";
import type { Evaluation } from "../evaluation.ts";
import type {
  ClassExample,
  JudgedExample,
  MarkedExample,
  PreferenceExample,
  SourceExample,
} from "../examples.ts";
import type { Metrics } from "../step/metrics.ts";

/** A prompt that a policy answers. */
export interface PromptExample {
  readonly prompt: readonly number[];
  /** The prompt as its line has it, and all fields of the line, for rewards. */
  readonly question: Written;
  readonly fields: JsonObject;
  /** The prompt as the model reads it. */
  readonly text: string;
}

/** Token ids with a label each; with one class; ids to read with ids to write; a prompt, with completions or without. */
export type Example =
  | MarkedExample
  | ClassExample
  | SourceExample
  | PreferenceExample
  | JudgedExample
  | PromptExample;

/** A model in training, as a run sees it. */
export interface ModelInTraining {
  /** Number of updates so far. */
  readonly steps: number;
  /**
   * @throws GptError for a loss that is no number, the signal's reason when it is aborted. The model is then
   * as it was.
   */
  step(
    batch: readonly Example[],
    options: { readonly lr: number | undefined; readonly signal: AbortSignal },
  ): Promise<{
    readonly loss: number;
    readonly gradNorm: number;
    readonly lr: number;
    readonly metrics?: Metrics;
    /** Of a policy: tokens a second of its answers. */
    readonly rolloutRate?: number;
  }>;
  /** Mean cross-entropy in nats, number of targets; of a classifier, label and prediction of each example. */
  evaluate(batch: readonly Example[], options: { readonly signal: AbortSignal }): Promise<Evaluation>;
  /** Writes the model and the state of the run, completely or not at all. */
  save(directory: string, data: JsonObject): Promise<void>;
}
