/**
 * A loaded model: immutable, shared by any number of sessions. Token ids in, logits out; it knows no text.
 */
import type { Checkpoint } from "../checkpoint/checkpoint.ts";
import { chooseThreads } from "../compute/choose-threads.ts";
import type { Simd } from "../compute/kernels/kernels.ts";
import type { KvShape } from "../compute/memory/kv-shape.ts";
import { type CachePlace, SequenceCache } from "../compute/memory/sequence-cache.ts";
import type { Ops } from "../compute/ops/ops.ts";
import { GptError } from "../errors.ts";
import type { ModelDescription } from "../families/description.ts";
import { seesAhead } from "../model/attention/masks.ts";
import type { DecoderConfig } from "../model/config.ts";
import type { Decoder } from "../model/modules.ts";
import { refuseUnsupported } from "../model/supported.ts";
import type { AdapterChoice } from "../weights/adapters/choice.ts";
import type { PlannedBank } from "../weights/banks/layout.ts";
import { planBanks } from "../weights/banks/plan.ts";
import { buildDecoder } from "../weights/build-decoder.ts";
import { chooseDtypes, type Quantization } from "../weights/dtype.ts";
import type { LoadProgress } from "../weights/load.ts";
import {
  chooseContextSize,
  crossShapeOf,
  type DtypeBytes,
  weightBytesByDtype,
} from "../weights/memory-plan.ts";
import { type EngineChoice, OpenWeights, openBanks } from "../weights/open.ts";
import { loadPlan, planWeights } from "../weights/plan.ts";
import { cachePlaces } from "./cache-places.ts";
import { type Differentiation, differentiate } from "./differentiate.ts";
import { chooseKvTypes, type KvChoice, kvShapeOf } from "./kv-types.ts";
import { Readings } from "./readings.ts";
import { Scheduler } from "./scheduler.ts";
import { Session } from "./session.ts";

export interface ModelOptions extends LoadProgress, EngineChoice {
  /** Positions a session can hold. Default: the smaller of the model's and 4,096. */
  readonly contextSize?: number | undefined;
  /**
   * Type of the matrices in memory. Rows that are no whole number of blocks stay F32, and so do weights with
   * adapters. Default: as stored.
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

type Sizes = Pick<Model, "contextSize" | "weights" | "kvShape" | "banks">;

export class Model {
  readonly config: DecoderConfig;
  readonly contextSize: number;
  readonly threads: number;
  /** Memory of the weights by dtype, the largest share first. */
  readonly weights: readonly DtypeBytes[];
  /** Sizes of the caches of its sessions. */
  readonly kvShape: KvShape;
  /** The memories that hold it, with their layers. A model of up to 4 GiB has one. */
  readonly banks: readonly PlannedBank[];
  readonly #caches: readonly CachePlace[];
  readonly #open: OpenWeights;
  readonly #scheduler: Scheduler;
  readonly #sessions = new Set<Session>();
  #closed = false;

  private constructor(
    open: OpenWeights,
    decoder: Decoder,
    sizes: Sizes,
    ops: Ops = open.banks.ops(open.threads),
  ) {
    const { banks, threads } = open;
    this.#open = open;
    this.#scheduler = new Scheduler(banks, ops, decoder);
    this.config = decoder.config;
    this.threads = threads;
    this.contextSize = sizes.contextSize;
    this.weights = sizes.weights;
    this.kvShape = sizes.kvShape;
    this.banks = sizes.banks;
    this.#caches = cachePlaces(banks, sizes.banks, sizes.kvShape);
  }

  /**
   * @throws GptError `usage` for an option out of range; `invalid-file` for a checkpoint that does not match
   *   its config, for an encoder, and for an adapter of another model; `not-found` for a missing adapter;
   *   `resource` for a model that does not fit in memory
   * @param room bytes of a bank for weights and a session. Tests give small ones
   */
  static async load(
    checkpoint: Checkpoint,
    description: ModelDescription,
    options: ModelOptions,
    room?: (bank: number) => number,
  ): Promise<Model> {
    refuseUnsupported(checkpoint.path, description.config);
    refuseEncoder(checkpoint.path, description.config);
    const dtypeOf = chooseDtypes(options.quantization);
    const plan = await planWeights(checkpoint, description, dtypeOf, options.adapters);
    const { config } = plan.description;
    const contextSize = chooseContextSize(config, options.contextSize);
    const kvShape = kvShapeOf(config, chooseKvTypes(config, options.kvCache, plan.weights.map(plan.dtypeOf)));
    const sizes = { config, contextSize, kvShape };
    const open = openBanks(options, () => planBanks(sizes, plan, room));
    return await open.handOver(async () => {
      const matrices = await loadPlan(open, plan, options);
      const stages = open.stages(config);
      const decoder = await buildDecoder(open.packing, config, matrices, contextSize, undefined, stages);
      const weights = weightBytesByDtype(plan.weights, plan.dtypeOf);
      return new Model(open, decoder, { contextSize, weights, kvShape, banks: open.planned });
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
    return new Model(new OpenWeights(banks, threads), this.#scheduler.decoder, this);
  }

  /**
   * The same weights, run by operations that a decorator wraps: InputSumsOps sums the squares of inputs. The
   * new model works until this one is closed. Its `close` closes its own sessions only.
   */
  decorated(decorate: (ops: Ops) => Ops): Model {
    const { banks, threads } = this.#open;
    const shared = new OpenWeights(banks, threads);
    return new Model(shared, this.#scheduler.decoder, this, decorate(banks.ops(threads)));
  }

  /**
   * Runs work on the modules of the decoder, alone, and releases the scratch memory that it takes.
   *
   * @throws GptError `usage` after `close`
   */
  compute<T>(work: (ops: Ops, decoder: Decoder) => Promise<T> | T): Promise<T> {
    const { banks, runtime } = this.#open;
    return runtime.exclusively(() => {
      this.#checkOpen();
      return banks.pass(async () => work(this.#scheduler.ops, this.#scheduler.decoder));
    });
  }

  /**
   * Derivatives of a number that follows from the logits of a text. The weights are in memory as f32.
   *
   * @throws GptError `usage` after `close`, for weights of other types and for a model in several
   *   memories
   */
  differentiate(work: Differentiation): Promise<void> {
    const { runtime, threads, banks } = this.#open;
    const [others] = this.weights.filter(({ dtype }) => dtype !== "F32");
    if (others)
      throw new GptError("usage", `gradients need F32 weights, found ${others.dtype}: load them as f32`);
    if (banks.runtimes.length > 1) throw new GptError("usage", "gradients need a model in one memory");
    return runtime.exclusively(() => {
      this.#checkOpen();
      return banks.pass(() => differentiate(runtime, threads, this.#scheduler.decoder, work));
    });
  }

  /**
   * A new, empty sequence.
   *
   * @throws GptError `usage` after `close`, `resource` if memory is full
   */
  createSession(): Session {
    this.#checkOpen();
    const { memory } = this.#open.runtime;
    const cache = SequenceCache.create(this.#caches, this.contextSize);
    const crossShape = crossShapeOf(this.config, this.kvShape.types);
    const readings = crossShape && new Readings(this.#scheduler, memory, crossShape);
    return new Session(this.#scheduler, cache, this.#sessions, readings);
  }

  #checkOpen(): void {
    if (this.#closed) throw new GptError("usage", "the model is closed");
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
