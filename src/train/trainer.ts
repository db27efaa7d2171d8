/** A model in training: weights that change, step by step, towards the data they are shown. */

import { checkOptions, checkValue, fromZero, signalRule, textRule } from "../checks/rules.ts";
import { KvCache } from "../compute/memory/kv-cache.ts";
import { KernelOps } from "../compute/ops/kernel-ops.ts";
import type { Runtime } from "../compute/runtime.ts";
import { OptimizerOps } from "../compute/training/optimizer-ops.ts";
import { kvShapeOf } from "../engine/kv-dtype.ts";
import { Scheduler } from "../engine/scheduler.ts";
import { Session } from "../engine/session.ts";
import { GptError } from "../errors.ts";
import type { JsonValue } from "../files/json.ts";
import type { DecoderConfig } from "../model/config.ts";
import type { Decoder } from "../model/modules.ts";
import type { OpenWeights } from "../weights/open.ts";
import { type Evaluation, evaluateClasses } from "./evaluation.ts";
import { countTargets, type Example, microBatches, type Sequence, toSequences } from "./examples.ts";
import type { Hyperparameters } from "./hyperparameters.ts";
import { Loss } from "./loss.ts";
import { objectivesOf } from "./objectives.ts";
import { gradientNorm, update } from "./optimizer.ts";
import type { Parameter } from "./parameters.ts";
import { type Product, type RunState, saveRun } from "./saved-run.ts";
import { learningRate } from "./schedule.ts";

export interface StepOptions {
  /** Instead of the schedule's. */
  readonly lr?: number | undefined;
  /** Ends the step before the update; the model and the number of the step are then as they were. */
  readonly signal?: AbortSignal | undefined;
}

const stepRules = { lr: fromZero, signal: signalRule };

export interface StepResult {
  /** Number of the step, from 0. */
  readonly step: number;
  /** Mean cross-entropy of the predicted ids, or of a classifier's classes alone, in nats, before the update. */
  readonly loss: number;
  /** Length of the whole gradient, before it was clipped. */
  readonly gradNorm: number;
  readonly lr: number;
}

/** What a trainer is made of. */
export interface TrainerParts {
  /** Owns the matrices of everything below. */
  readonly open: OpenWeights;
  readonly contextSize: number;
  readonly decoder: Decoder;
  /** The weights that are trained. */
  readonly parameters: readonly Parameter[];
  /** What `save` writes. */
  readonly product: Product;
  readonly state: RunState;
}

export class Trainer {
  readonly config: DecoderConfig;
  readonly hyperparameters: Hyperparameters;
  /** The longest sequence. */
  readonly contextSize: number;
  readonly threads: number;
  /** What was given to `save` when the run that this one continues was saved; else null. */
  readonly data: JsonValue;
  readonly #parts: TrainerParts;
  readonly #loss: Loss;
  readonly #optimizer: OptimizerOps;
  readonly #scheduler: Scheduler;
  readonly #sessions = new Set<Session>();
  #steps: number;
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
    this.#loss = new Loss(runtime, threads, decoder, parameters);
    this.#optimizer = new OptimizerOps(runtime, threads);
    this.#scheduler = new Scheduler(runtime, new KernelOps(runtime, threads), decoder);
    this.#steps = state.step;
  }

  /** Updates so far. */
  get steps(): number {
    return this.#steps;
  }

  /** How many numbers are trained: the model's, those of them that are not frozen, or an adapter's. */
  get trainedParameters(): number {
    return this.#parts.parameters.reduce((sum, { value }) => sum + value.outputs * value.inputs, 0);
  }

  /** The build of the kernels that runs. */
  get simd(): Runtime["simd"] {
    return this.#parts.open.runtime.simd;
  }

  /**
   * One update towards a batch: the gradient of the mean loss of all ids that it predicts, clipped, then AdamW. Steps wait for one
   * another.
   *
   * @throws GptError `usage` for an example that does not fit the model and for a loss that is no number: the model is then
   *   as it was; the signal's reason when it is aborted
   */
  async step(batch: readonly Example[], options: StepOptions = {}): Promise<StepResult> {
    const { lr, signal } = checkOptions(options, stepRules);
    const sequences = this.#sequences(batch);
    return this.#inTurn(() => this.#step(sequences, lr, signal));
  }

  /** The loss of examples, without dropout and without an update. */
  async evaluate(batch: readonly Example[], options: Pick<StepOptions, "signal"> = {}): Promise<Evaluation> {
    const { signal } = checkOptions(options, { signal: signalRule });
    const sequences = this.#sequences(batch);
    const { head } = this.config;
    if (head.kind === "classes") {
      return this.#inTurn(() => evaluateClasses(this.createSession(), sequences, head.labels, signal));
    }
    return this.#inTurn(async () => {
      const targets = countTargets(sequences);
      const pause = () => this.#parts.open.runtime.pause(signal);
      let sum = 0;
      for (const group of microBatches(sequences, this.hyperparameters.microBatchTokens)) {
        sum += await this.#exclusively(() => this.#loss.measure(group, pause));
      }
      return { loss: sum / targets, targets };
    });
  }

  /**
   * Writes the model as a Hugging Face directory, or the adapter as PEFT does, with everything the run needs to go on
   * (`resume`). Until it is complete, what was there before stays readable.
   *
   * @param data kept for the caller: where the run is in its data, for one
   * @throws GptError `resource` where it cannot be written
   */
  async save(directory: string, data: JsonValue = null): Promise<void> {
    checkValue("directory", directory, textRule);
    const { open, product, parameters } = this.#parts;
    return this.#inTurn(() => {
      const state = { step: this.#steps, hyperparameters: this.hyperparameters, data };
      return saveRun(directory, open.packing, product, parameters, state);
    });
  }

  /** A sequence under the weights as they are, a classifier's with the scores of classes; an update leaves it with keys and values of the old ones. */
  createSession(): Session {
    if (this.#closed) throw new GptError("usage", "the trainer is closed");
    const cache = new KvCache(this.#parts.open.runtime.memory, kvShapeOf(this.config), this.contextSize);
    return new Session(this.#scheduler, cache, this.#sessions);
  }

  /** Frees all memory, when what was called before has ended. Calls after the first do nothing. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#turn;
    while (this.#sessions.size > 0) {
      await Promise.all([...this.#sessions].map((session) => session.close()));
    }
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
    const step = this.#steps;
    const lr = wish ?? learningRate(this.hyperparameters, step);
    signal?.throwIfAborted();
    return this.#exclusively(async () => {
      try {
        const loss = await this.#differentiate(sequences, () => runtime.pause(signal));
        const gradNorm = gradientNorm(this.#optimizer, parameters);
        if (!Number.isFinite(loss) || !Number.isFinite(gradNorm)) throw divergence(step, loss, gradNorm, lr);
        const settings = { step, lr, gradNorm };
        const pause = () => runtime.pause(undefined);
        await update(this.#optimizer, parameters, this.hyperparameters, settings, pause);
        this.#steps++;
        return { step, loss, gradNorm, lr };
      } catch (error) {
        for (const { gradient } of parameters) this.#optimizer.clear(gradient);
        throw error;
      }
    });
  }

  /** The mean loss of the first objective; the gradient of all is then in the parameters' gradients. */
  async #differentiate(sequences: readonly Sequence[], pause: () => Promise<void>): Promise<number> {
    const { microBatchTokens, labelSmoothing, dropout: rate, seed, classification } = this.hyperparameters;
    const objectives = objectivesOf(this.#parts.decoder, classification, sequences);
    let sum = 0;
    for (const [pass, group] of microBatches(sequences, microBatchTokens).entries()) {
      const dropout = { rate, seed, step: this.#steps, pass };
      const sums = await this.#loss.differentiate(group, { labelSmoothing, objectives, dropout }, pause);
      sum += sums[0] ?? 0;
    }
    return sum * objectives[0].scale;
  }

  #sequences(batch: readonly Example[]): readonly Sequence[] {
    const sequences = toSequences(batch, this.config, this.contextSize);
    if (this.config.head.kind === "classes" || countTargets(sequences) > 0) return sequences;
    throw new GptError("usage", "a batch needs at least one id that is to be predicted");
  }

  #exclusively<T>(work: () => Promise<T>): Promise<T> {
    return this.#parts.open.runtime.exclusively(work);
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.#closed) throw new GptError("usage", "the trainer is closed");
    const result = this.#turn.then(work);
    this.#turn = result.catch(() => {});
    return result;
  }
}

function divergence(step: number, loss: number, gradNorm: number, lr: number): GptError {
  const found = Number.isFinite(loss) ? `gradient's length is ${gradNorm}` : `loss is ${loss}`;
  const advice = `begin again with a learning rate below ${lr}, or a longer warm-up`;
  return new GptError("usage", `training has diverged: in step ${step + 1} the ${found}: ${advice}`);
}
