/** Weights in memory: an arena for them, and the threads and kernels that read and pack them. */
import { Banks } from "../compute/banks.ts";
import { chooseThreads } from "../compute/choose-threads.ts";
import { chooseSimd, type Simd } from "../compute/kernels/kernels.ts";
import { Arena } from "../compute/memory/arena.ts";
import { Packing } from "../compute/packing/packing.ts";
import { Runtime } from "../compute/runtime.ts";
import type { Matrix, WeightDtype } from "../compute/tensor.ts";
import { GptError } from "../errors.ts";
import type { DecoderConfig } from "../model/config.ts";
import type { BankPlan, PlannedBank } from "./banks/layout.ts";
import { rowsOfTable } from "./banks/split-table.ts";
import type { StagePlace } from "./build-decoder.ts";
import { type LoadProgress, loadMatrices, type PlacedWeight } from "./load.ts";
import type { StoredWeight } from "./resolve.ts";

/** The threads and kernels of a model. */
export interface EngineChoice {
  /** 1 to 64. Default: the cores available to the process, at most 8. */
  readonly threads?: number | undefined;
  /** Build of the kernels. Default `auto`: relaxed where this Node runs it. */
  readonly simd?: Simd | "auto" | undefined;
}

/**
 * Chooses threads and kernels, and makes an arena for weights in the first bank of the process.
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

/**
 * As `openWeights`, with an arena in each bank of a plan.
 *
 * @param planned throws if the machine does not hold the weights
 */
export function openBanks(
  { threads: wish, simd: build = "auto" }: EngineChoice,
  planned: () => BankPlan,
): OpenWeights {
  const threads = chooseThreads(wish);
  const simd = chooseSimd(build);
  const plan = planned();
  const runtimes = plan.banks.map(({ number }) => Runtime.get(simd, number));
  for (const runtime of runtimes) runtime.threads.grow(threads);
  return new OpenWeights(new Banks(runtimes), threads, plan);
}

/** Matrices in arenas of their own. Disposal frees them all. */
export class OpenWeights implements Disposable {
  readonly banks: Banks;
  readonly threads: number;
  readonly #plan: BankPlan | undefined;
  readonly #arenas: readonly Arena[];
  readonly #packings: readonly Packing[];

  /** @param plan where the weights lie, if not all of them lie in the first bank */
  constructor(banks: Banks, threads: number, plan?: BankPlan) {
    this.banks = banks;
    this.threads = threads;
    this.#plan = plan;
    this.#arenas = banks.runtimes.map(({ memory }) => new Arena(memory));
    this.#packings = banks.runtimes.map(
      (runtime, i) => new Packing(runtime, threads, this.#arenas[i] as Arena, i),
    );
  }

  /** Its banks, with the layers in them. */
  get planned(): readonly PlannedBank[] {
    return this.#plan?.banks ?? [];
  }

  /** The first bank. */
  get runtime(): Runtime {
    return this.banks.first;
  }

  /** Of the first bank. */
  get packing(): Packing {
    return this.#packings[0] as Packing;
  }

  /** Of the bank that holds a matrix. @throws GptError `resource` for one whose rows lie in several */
  packingOf({ bank = 0, parts }: Matrix): Packing {
    const packing = this.#packings[bank];
    if (packing !== undefined && parts === undefined) return packing;
    throw new GptError(
      "resource",
      "rows of a table lie in several memories, which nothing writes yet: choose a smaller model",
    );
  }

  /** Another arena in a bank, with the same threads and kernels. */
  beside(bank = 0): OpenWeights {
    return new OpenWeights(new Banks(this.banks.runtimes.slice(bank, bank + 1)), this.threads);
  }

  /** The banks with the number of their layers. */
  stages({ layers }: DecoderConfig): readonly StagePlace[] {
    return this.#packings.map((packing, i) => ({
      packing,
      layers: this.planned[i]?.layers ?? layers.length,
    }));
  }

  /** Reads weights, each into a new matrix, by name. @throws the signal's reason when it is aborted */
  load<W extends StoredWeight>(
    weights: readonly W[],
    dtypeOf: (weight: W) => WeightDtype,
    progress: LoadProgress = {},
  ): Promise<Map<string, Matrix>> {
    return loadMatrices(this.packing, weights, dtypeOf, progress, (weight) => this.#place(weight));
  }

  #place(weight: StoredWeight): readonly PlacedWeight[] {
    const { name } = weight.spec;
    const packingOf = (bank: number) => this.#packings[bank] as Packing;
    const parts = this.#plan?.split.get(name);
    if (parts) {
      return parts.map((part) => ({ packing: packingOf(part.bank), weight: rowsOfTable(weight, part) }));
    }
    return [{ packing: packingOf(this.#plan?.bankOf.get(name) ?? 0), weight }];
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
    for (const arena of this.#arenas) arena.freeAll();
  }
}
