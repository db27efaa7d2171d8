/** A loaded model: immutable, shared by any number of sessions. Token ids in, logits out; it knows no text. */
import type { Checkpoint } from "../checkpoint/checkpoint.ts";
import { chooseThreads } from "../compute/choose-threads.ts";
import type { Simd } from "../compute/kernels/kernels.ts";
import { chooseSimd } from "../compute/kernels/kernels.ts";
import { Arena } from "../compute/memory/arena.ts";
import { KvCache, type KvDtype, type KvShape } from "../compute/memory/kv-cache.ts";
import { KernelOps } from "../compute/ops/kernel-ops.ts";
import { Packing } from "../compute/packing/packing.ts";
import { Runtime } from "../compute/runtime.ts";
import { GptError } from "../errors.ts";
import type { ModelDescription } from "../families/description.ts";
import type { DecoderConfig } from "../model/config.ts";
import type { Decoder } from "../model/modules.ts";
import { refuseUnsupported } from "../model/supported.ts";
import type { AdapterChoice } from "../weights/adapters/choice.ts";
import { adaptedDtype, addAdapters, findAdapters } from "../weights/adapters/merge.ts";
import { buildDecoder } from "../weights/build-decoder.ts";
import { chooseDtypes, type Quantization } from "../weights/dtype.ts";
import type { LoadProgress } from "../weights/load.ts";
import { loadMatrices } from "../weights/load.ts";
import {
  checkMemory,
  chooseContextSize,
  type DtypeBytes,
  weightBytesByDtype,
} from "../weights/memory-plan.ts";
import { resolveWeights } from "../weights/resolve.ts";
import { chooseKvDtype, kvShapeOf } from "./kv-dtype.ts";
import { Scheduler } from "./scheduler.ts";
import { Session } from "./session.ts";

export interface ModelOptions extends LoadProgress {
  /** 1 to 64. Default: the cores available to the process, at most 8. */
  readonly threads?: number | undefined;
  /** Positions a session can hold. Default: the smaller of the model's and 4,096. */
  readonly contextSize?: number | undefined;
  /** Build of the kernels. Default `auto`: relaxed where this Node runs it. */
  readonly simd?: Simd | "auto" | undefined;
  /**
   * What matrices become as they are loaded; rows that are no whole number of blocks stay F32, and so do weights with
   * adapters. Default: as they are stored, 16-bit halves widened to F32.
   */
  readonly quantization?: Quantization | undefined;
  /**
   * How sessions keep keys and values. Default `f32`. `int8` takes a quarter of the memory and a third of the time to read,
   * and needs heads whose dimensions are a multiple of 16. It costs accuracy where keys have outliers.
   */
  readonly kvCache?: KvDtype | undefined;
  /** LoRA adapters that are added to the weights. Default none. */
  readonly adapters?: readonly AdapterChoice[] | undefined;
}

export class Model {
  readonly config: DecoderConfig;
  readonly contextSize: number;
  readonly threads: number;
  /** What its weights take in memory, by dtype, the largest share first. */
  readonly weights: readonly DtypeBytes[];
  /** What its sessions keep. */
  readonly kvShape: KvShape;
  readonly #runtime: Runtime;
  readonly #arena: Arena;
  readonly #scheduler: Scheduler;
  readonly #sessions = new Set<Session>();
  #closed = false;

  private constructor(
    runtime: Runtime,
    arena: Arena,
    decoder: Decoder,
    threads: number,
    contextSize: number,
    weights: readonly DtypeBytes[],
    kvShape: KvShape,
  ) {
    this.#runtime = runtime;
    this.#arena = arena;
    this.#scheduler = new Scheduler(runtime, new KernelOps(runtime, threads), decoder);
    this.config = decoder.config;
    this.threads = threads;
    this.contextSize = contextSize;
    this.weights = weights;
    this.kvShape = kvShape;
  }

  /**
   * @throws GptError `usage` for an option out of range, `invalid-file` for a checkpoint that does not fit its config and an
   *   adapter that does not fit the checkpoint, `not-found` for an adapter that is not there, `resource` for a model that
   *   does not fit in memory
   */
  static async load(
    checkpoint: Checkpoint,
    description: ModelDescription,
    options: ModelOptions,
  ): Promise<Model> {
    const { config } = description;
    refuseUnsupported(checkpoint.path, config);
    const threads = chooseThreads(options.threads);
    const contextSize = chooseContextSize(config, options.contextSize);
    const weights = resolveWeights(checkpoint, description);
    const adapters = await findAdapters(options.adapters ?? [], checkpoint, description, weights);
    const dtypeOf = adaptedDtype(adapters, chooseDtypes(options.quantization));
    const kvShape = kvShapeOf(config, chooseKvDtype(config, options.kvCache));
    const runtime = Runtime.get(chooseSimd(options.simd ?? "auto"));
    const sessions = { config, contextSize, kvShape };
    checkMemory(sessions, weights, runtime.memory.allocated, dtypeOf);
    runtime.threads.grow(threads);
    const arena = new Arena(runtime.memory);
    try {
      const packing = new Packing(runtime, threads, arena);
      const matrices = await loadMatrices(packing, weights, dtypeOf, options);
      await addAdapters(runtime, threads, matrices, adapters, options);
      const decoder = await buildDecoder(packing, config, matrices, contextSize);
      const bytes = weightBytesByDtype(weights, dtypeOf);
      return new Model(runtime, arena, decoder, threads, contextSize, bytes, kvShape);
    } catch (error) {
      arena.freeAll();
      throw error;
    }
  }

  get simd(): Simd {
    return this.#runtime.simd;
  }

  /**
   * The same weights, run by so many threads. It is of use until this model is closed, and gives back only its own sessions.
   *
   * @throws GptError `usage` for a number out of range
   */
  withThreads(wish: number): Model {
    const threads = chooseThreads(wish);
    this.#runtime.threads.grow(threads);
    const nothing = new Arena(this.#runtime.memory);
    return new Model(
      this.#runtime,
      nothing,
      this.#scheduler.decoder,
      threads,
      this.contextSize,
      this.weights,
      this.kvShape,
    );
  }

  /**
   * A new, empty sequence.
   *
   * @throws GptError `usage` after `close`, `resource` where memory is full
   */
  createSession(): Session {
    if (this.#closed) throw new GptError("usage", "the model is closed");
    const cache = new KvCache(this.#runtime.memory, this.kvShape, this.contextSize);
    return new Session(this.#scheduler, cache, this.#sessions);
  }

  /** Closes all sessions, when what they run has ended, and frees the weights. Calls after the first do nothing. */
  async close(): Promise<void> {
    this.#closed = true;
    while (this.#sessions.size > 0) {
      await Promise.all([...this.#sessions].map((session) => session.close()));
    }
    this.#arena.freeAll();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
