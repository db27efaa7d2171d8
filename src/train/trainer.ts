/** A model in training. */

import { checkOptions, checkValue, signalRule, textRule } from "../checks/rules.ts";
import { SequenceCache } from "../compute/memory/sequence-cache.ts";
import type { Runtime } from "../compute/runtime.ts";
import { FloatOps } from "../compute/training/float-ops.ts";
import { OptimizerOps } from "../compute/training/optimizer-ops.ts";
import { kvShapeOf } from "../engine/kv-types.ts";
import { Scheduler } from "../engine/scheduler.ts";
import { Session } from "../engine/session.ts";
import { GptError } from "../errors.ts";
import type { JsonValue } from "../files/json.ts";
import type { DecoderConfig } from "../model/config.ts";
import type { Decoder, Head } from "../model/modules.ts";
import type { OpenWeights } from "../weights/open.ts";
import type { Evaluation } from "./evaluation.ts";
import { type Example, type Sequence, toSequences } from "./examples.ts";
import type { Hyperparameters } from "./hyperparameters.ts";
import type { ObjectiveKind } from "./objectives/objective.ts";
import { kindOf, type ObjectiveSettings } from "./objectives/table.ts";
import type { Parameter } from "./parameters.ts";
import { type Progress, TrainedTensors } from "./replicas/trained-tensors.ts";
import { type Product, type RunState, saveRun } from "./saved-run.ts";
import { learningRate } from "./schedule.ts";
import { Loss } from "./step/loss.ts";
import { type Measures, measuresOf } from "./step/measurer.ts";
import { finishGradients, gradientNorm, update } from "./step/optimizer.ts";
import { type RateOptions, type Rating, rating, type UnratedResponse } from "./step/rate.ts";
import type { Reference } from "./step/reference.ts";
import {
  chosenSequences,
  differentiate,
  divergence,
  metricsOf,
  type StepOptions,
  type StepResult,
  stepRules,
} from "./step/step.ts";

/** Parts of a trainer. */
export interface TrainerParts {
  /** Owns the matrices of everything below. */
  readonly open: OpenWeights;
  readonly contextSize: number;
  readonly decoder: Decoder;
  /** The weights that are trained. */
  readonly parameters: readonly Parameter[];
  /** Whether blocks are computed again on the way back. */
  readonly recomputes: boolean;
  /** Factor of the load-balancing loss of routers; 0 for none. */
  readonly routerLoss: number;
  /** Files that `save` writes. */
  readonly product: Product;
  readonly state: RunState;
  /** The model that stays as it is. */
  readonly reference: Reference;
  /** Of an objective that learns a value function. */
  readonly valueHead?: Head | undefined;
}

export class Trainer {
  readonly config: DecoderConfig;
  readonly hyperparameters: Hyperparameters;
  /** The longest sequence. */
  readonly contextSize: number;
  readonly threads: number;
  /** The data that `save` was given, if the run is resumed; else null. */
  readonly data: JsonValue;
  readonly #parts: TrainerParts;
  readonly #kind: ObjectiveKind<ObjectiveSettings>;
  readonly #loss: Loss;
  readonly #optimizer: OptimizerOps;
  readonly #scheduler: Scheduler;
  readonly #sessions = new Set<Session>();
  readonly #progress: Progress;
  #turn: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(parts: TrainerParts) {
    const { decoder, parameters, state } = parts;
    const { runtime, threads } = parts.open;
    this.config = decoder.config;
    this.contextSize = parts.contextSize;
    this.threads = threads;
    this.hyperparameters = state.hyperparameters;
    this.data = state.data;
    this.#parts = parts;
    this.#kind = kindOf(this.hyperparameters.objective);
    this.#loss = new Loss(runtime, threads, decoder, parameters, parts.recomputes);
    this.#optimizer = new OptimizerOps(runtime, threads);
    this.#scheduler = new Scheduler(parts.open.banks, new FloatOps(runtime, threads), decoder);
    this.#progress = { step: state.step, since: state.since };
  }

  /** Number of updates so far. */
  get steps(): number {
    return this.#progress.step;
  }

  /** Number of trained parameters: the model's without frozen ones, or an adapter's. */
  get trainedParameters(): number {
    return this.#parts.parameters.reduce((sum, { value }) => sum + value.outputs * value.inputs, 0);
  }

  /** Build of the kernels. */
  get simd(): Runtime["simd"] {
    return this.#parts.open.runtime.simd;
  }

  /**
   * One update: the gradient of the objective for a batch, clipped, then AdamW. Steps wait for one another.
   *
   * @throws GptError `usage` for an example that does not fit the model and for a loss that is no number. The
   *   model is then as it was; the signal's reason when it is aborted
   */
  async step(batch: readonly Example[], options: StepOptions = {}): Promise<StepResult> {
    const { lr, rows, signal } = checkOptions(options, stepRules);
    const all = this.#sequences(batch);
    const sequences = rows === undefined ? all : chosenSequences(all, rows);
    return this.#inTurn(() => this.#step(sequences, lr, signal));
  }

  /** The loss of examples, without dropout and without an update. */
  async evaluate(batch: readonly Example[], options: Pick<StepOptions, "signal"> = {}): Promise<Evaluation> {
    const { signal } = checkOptions(options, { signal: signalRule });
    const sequences = this.#sequences(batch);
    const { decoder } = this.#parts;
    const { contextSize } = this;
    const createSession = () => this.createSession();
    const measuring = { decoder, contextSize, signal, createSession, ...this.#measures(signal) };
    const { objective } = this.hyperparameters;
    return this.#inTurn(() => this.#kind.evaluate(measuring, sequences, objective));
  }

  /**
   * Log-probabilities of the ids of responses under the reference, and the values of the states before them,
   * as examples of a policy need them.
   */
  async rate(responses: readonly UnratedResponse[], options: RateOptions = {}): Promise<readonly Rating[]> {
    const { signal, rate } = rating(responses, options, this);
    return this.#inTurn(() => rate(this.#measures(signal)));
  }

  /**
   * Writes the model as a Hugging Face directory, or the adapter as PEFT does, with the state that `resume`
   * needs. An earlier state in the directory stays readable until the new one is complete.
   *
   * @param data of the caller, which a resumed trainer gives back
   * @throws GptError as `writeError`
   */
  async save(directory: string, data: JsonValue = null): Promise<void> {
    checkValue("directory", directory, textRule);
    const { open, product, parameters, state } = this.#parts;
    const own = () => ({ ...state, ...this.#progress, data });
    return this.#inTurn(() => saveRun(directory, open.packing, product, parameters, own()));
  }

  /** Lends the trained tensors between two steps. */
  async lend<T>(work: (tensors: TrainedTensors) => Promise<T>): Promise<T> {
    const { open, parameters } = this.#parts;
    return this.#inTurn(() => work(new TrainedTensors(open, parameters, this.#progress)));
  }

  /**
   * A session with the weights of the moment. After an update it still has keys and values of the old
   * weights.
   */
  createSession(): Session {
    if (this.#closed) throw new GptError("usage", "the trainer is closed");
    const { memory } = this.#parts.open.runtime;
    const cache = SequenceCache.create([{ memory, shape: kvShapeOf(this.config) }], this.contextSize);
    return new Session(this.#scheduler, cache, this.#sessions);
  }

  /** Frees all memory, after all earlier calls have ended. Calls after the first do nothing. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#turn;
    while (this.#sessions.size > 0) {
      await Promise.all([...this.#sessions].map((session) => session.close()));
    }
    this.#parts.reference[Symbol.dispose]();
    this.#parts.open[Symbol.dispose]();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #step(
    sequences: readonly Sequence[],
    wish: number | undefined,
    signal: AbortSignal | undefined,
  ): Promise<StepResult> {
    const { open, parameters } = this.#parts;
    const { runtime } = open;
    const { step, since } = this.#progress;
    const lr = wish ?? learningRate(this.hyperparameters, step);
    signal?.throwIfAborted();
    const objectives = await this.#objectives(sequences, signal);
    return runtime.exclusively(async () => {
      try {
        const pass = { of: this.#loss, hyperparameters: this.hyperparameters, step };
        const loss = await differentiate(pass, sequences, objectives, () => runtime.pause(signal));
        finishGradients(this.#optimizer, parameters, this.hyperparameters);
        const gradNorm = gradientNorm(this.#optimizer, parameters);
        if (!Number.isFinite(loss) || !Number.isFinite(gradNorm)) throw divergence(step, loss, gradNorm, lr);
        const settings = { step: step - since, lr, gradNorm };
        const pause = () => runtime.pause(undefined);
        await update(this.#optimizer, parameters, this.hyperparameters, settings, pause);
        this.#progress.step++;
        return { step, loss, gradNorm, lr, metrics: metricsOf(objectives) };
      } catch (error) {
        for (const { gradient } of parameters) this.#optimizer.clear(gradient);
        throw error;
      }
    });
  }

  #objectives(sequences: readonly Sequence[], signal: AbortSignal | undefined) {
    const { labelSmoothing, objective } = this.hyperparameters;
    const { decoder, routerLoss, valueHead } = this.#parts;
    const { contextSize } = this;
    const model = { decoder, valueHead, contextSize, routerLoss };
    const step = { ...model, sequences, labelSmoothing, ...this.#measures(signal) };
    return this.#kind.objectives(step, objective);
  }

  #measures(signal: AbortSignal | undefined): Measures {
    const { decoder, reference, open, valueHead } = this.#parts;
    const { microBatchTokens: tokens } = this.hyperparameters;
    const of = { decoder, loss: this.#loss, reference, valueHead, tokens };
    return measuresOf({ runtime: open.runtime, ...of }, signal);
  }

  #sequences(batch: readonly Example[]): readonly Sequence[] {
    const sequences = toSequences(batch, this.#kind.examples, this.config, this.contextSize);
    return this.#kind.prepare?.(sequences, this.hyperparameters.objective) ?? sequences;
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.#closed) throw new GptError("usage", "the trainer is closed");
    const result = this.#turn.then(work);
    this.#turn = result.catch(() => {});
    return result;
  }
}
