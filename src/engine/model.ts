/**
 * A loaded model: immutable, shared by any number of sessions. Token ids in, logits out; it knows no text.
 */
import type { Checkpoint } from "../checkpoint/checkpoint.ts";
import { chooseThreads } from "../compute/choose-threads.ts";
import type { Simd } from "../compute/kernels/kernels.ts";
import type { KvShape } from "../compute/memory/kv-cache.ts";
import { SequenceCache } from "../compute/memory/sequence-cache.ts";
import { GptError } from "../errors.ts";
import type { ModelDescription } from "../families/description.ts";
import { seesAhead } from "../model/attention/masks.ts";
import type { DecoderConfig } from "../model/config.ts";
import type { Decoder } from "../model/modules.ts";
import { refuseUnsupported } from "../model/supported.ts";
import type { AdapterChoice } from "../weights/adapters/choice.ts";
import { buildDecoder } from "../weights/build-decoder.ts";
import { chooseDtypes, type Quantization } from "../weights/dtype.ts";
import type { LoadProgress } from "../weights/load.ts";
import {
  checkMemory,
  chooseContextSize,
  type DtypeBytes,
  weightBytesByDtype,
} from "../weights/memory-plan.ts";
import { type EngineChoice, OpenWeights, openWeights } from "../weights/open.ts";
import { loadPlan, planWeights } from "../weights/plan.ts";
import { chooseKvTypes, crossShapeOf, type KvChoice, kvShapeOf } from "./kv-types.ts";
import { Readings } from "./readings.ts";
import { Scheduler } from "./scheduler.ts";
import { Session } from "./session.ts";

export interface ModelOptions extends LoadProgress, EngineChoice {
  /** Positions a session can hold. Default: the smaller of the model's and 4,096. */
  readonly contextSize?: number | undefined;
  /**
   * Type of the matrices in memory. Rows that are no whole number of blocks stay F32, and so do weights with
   * adapters. Default: as stored, with F16 widened to F32.
   */
  readonly quantization?: Quantization | undefined;
  /**
   * How sessions keep keys and values. Default `f32`, and `f16` beside quantized weights. `q8_0` and `q4_0`
   * need heads whose dimensions are a multiple of 32.
   */
  readonly kvCache?: KvChoice | undefined;
  /** LoRA adapters that are added to the weights. Default none. */
  readonly adapters?: readonly AdapterChoice[] | undefined;
}

export class Model {
  readonly config: DecoderConfig;
  readonly contextSize: number;
  readonly threads: number;
  /** Memory of the weights by dtype, the largest share first. */
  readonly weights: readonly DtypeBytes[];
  /** Sizes of the caches of its sessions. */
  readonly kvShape: KvShape;
  readonly #open: OpenWeights;
  readonly #scheduler: Scheduler;
  readonly #sessions = new Set<Session>();
  #closed = false;

  private constructor(
    open: OpenWeights,
    decoder: Decoder,
    contextSize: number,
    weights: readonly DtypeBytes[],
    kvShape: KvShape,
  ) {
    const { banks, threads } = open;
    this.#open = open;
    this.#scheduler = new Scheduler(banks, banks.ops(threads), decoder);
    this.config = decoder.config;
    this.threads = threads;
    this.contextSize = contextSize;
    this.weights = weights;
    this.kvShape = kvShape;
  }

  /**
   * @throws GptError `usage` for an option out of range; `invalid-file` for a checkpoint that does not match
   *   its config, for an encoder, and for an adapter of another model; `not-found` for a missing adapter;
   *   `resource` for a model that does not fit in memory
   */
  static async load(
    checkpoint: Checkpoint,
    description: ModelDescription,
    options: ModelOptions,
  ): Promise<Model> {
    refuseUnsupported(checkpoint.path, description.config);
    refuseEncoder(checkpoint.path, description.config);
    const dtypeOf = chooseDtypes(options.quantization);
    const plan = await planWeights(checkpoint, description, dtypeOf, options.adapters);
    const { config } = plan.description;
    const contextSize = chooseContextSize(config, options.contextSize);
    const kvShape = kvShapeOf(config, chooseKvTypes(config, options.kvCache, plan.weights.map(plan.dtypeOf)));
    const sessions = { config, contextSize, kvShape };
    const open = openWeights(options, (allocated) => checkMemory(sessions, plan, allocated));
    return await open.handOver(async () => {
      const matrices = await loadPlan(open, plan, options);
      const decoder = await buildDecoder(open.packing, config, matrices, contextSize);
      const bytes = weightBytesByDtype(plan.weights, plan.dtypeOf);
      return new Model(open, decoder, contextSize, bytes, kvShape);
    });
  }

  get simd(): Simd {
    return this.#open.runtime.simd;
  }

  /**
   * The same weights on another number of threads. It works until this model is closed. Its `close` closes
   * its own sessions only.
   *
   * @throws GptError `usage` for a number out of range
   */
  withThreads(wish: number): Model {
    const { banks } = this.#open;
    const threads = chooseThreads(wish);
    for (const runtime of banks.runtimes) runtime.threads.grow(threads);
    const open = new OpenWeights(banks, threads);
    return new Model(open, this.#scheduler.decoder, this.contextSize, this.weights, this.kvShape);
  }

  /**
   * A new, empty sequence.
   *
   * @throws GptError `usage` after `close`, `resource` if memory is full
   */
  createSession(): Session {
    if (this.#closed) throw new GptError("usage", "the model is closed");
    const { memory } = this.#open.runtime;
    const cache = SequenceCache.create([{ memory, shape: this.kvShape }], this.contextSize);
    const crossShape = crossShapeOf(this.config, this.kvShape.types);
    const readings = crossShape && new Readings(this.#scheduler, memory, crossShape);
    return new Session(this.#scheduler, cache, this.#sessions, readings);
  }

  /** Closes all sessions after their appends have ended, and frees the weights. Further calls do nothing. */
  async close(): Promise<void> {
    this.#closed = true;
    while (this.#sessions.size > 0) {
      await Promise.all([...this.#sessions].map((session) => session.close()));
    }
    this.#open[Symbol.dispose]();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

function refuseEncoder(path: string, config: DecoderConfig): void {
  if (!seesAhead(config)) return;
  const advice = "gpt embed, gpt fill-mask and gpt classify read with it";
  throw new GptError("invalid-file", `${path}: is an encoder, which writes no text: ${advice}`);
}
