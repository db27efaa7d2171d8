/** Weights in memory: an arena for them, and the threads and kernels that read and pack them. */
import { Banks } from "../compute/banks.ts";
import { chooseThreads } from "../compute/choose-threads.ts";
import { chooseSimd, type Simd } from "../compute/kernels/kernels.ts";
import { Arena } from "../compute/memory/arena.ts";
import { Packing } from "../compute/packing/packing.ts";
import { Runtime } from "../compute/runtime.ts";
import type { Matrix, WeightDtype } from "../compute/tensor.ts";
import { type LoadProgress, loadMatrices } from "./load.ts";
import type { StoredWeight } from "./resolve.ts";

/** The threads and kernels of a model. */
export interface EngineChoice {
  /** 1 to 64. Default: the cores available to the process, at most 8. */
  readonly threads?: number | undefined;
  /** Build of the kernels. Default `auto`: relaxed where this Node runs it. */
  readonly simd?: Simd | "auto" | undefined;
}

/**
 * Chooses threads and kernels, and makes an arena for weights.
 *
 * @param check called with the bytes in use. It throws if the weights do not fit beside them
 * @throws GptError `usage` for an unknown choice, and the error of `check`
 */
export function openWeights(
  { threads: wish, simd = "auto" }: EngineChoice,
  check: (allocated: number) => void = () => {},
): OpenWeights {
  const threads = chooseThreads(wish);
  const runtime = Runtime.get(chooseSimd(simd));
  check(runtime.memory.allocated);
  runtime.threads.grow(threads);
  return new OpenWeights(new Banks([runtime]), threads);
}

/** Matrices in an arena of their own. Disposal frees them all. */
export class OpenWeights implements Disposable {
  readonly banks: Banks;
  readonly threads: number;
  readonly arena: Arena;
  readonly packing: Packing;

  constructor(banks: Banks, threads: number) {
    this.banks = banks;
    this.threads = threads;
    this.arena = new Arena(this.runtime.memory);
    this.packing = new Packing(this.runtime, threads, this.arena);
  }

  get runtime(): Runtime {
    return this.banks.first;
  }

  /** Another arena, with the same threads and kernels. */
  beside(): OpenWeights {
    return new OpenWeights(this.banks, this.threads);
  }

  /** Reads weights, each into a new matrix, by name. @throws the signal's reason when it is aborted */
  load<W extends StoredWeight>(
    weights: readonly W[],
    dtypeOf: (weight: W) => WeightDtype,
    progress: LoadProgress = {},
  ): Promise<Map<string, Matrix>> {
    return loadMatrices(this.packing, weights, dtypeOf, progress);
  }

  /** Builds the new owner of the weights. An error frees them. */
  async handOver<T>(build: () => Promise<T>): Promise<T> {
    try {
      return await build();
    } catch (error) {
      this[Symbol.dispose]();
      throw error;
    }
  }

  [Symbol.dispose](): void {
    this.arena.freeAll();
  }
}
