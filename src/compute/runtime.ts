/**
 * A build of the kernels in a bank: a memory of at most 4 GiB with threads and scratch memory of its own. It
 * is made at first use and stays until the process ends. A model that is larger than a bank uses several
 * (banks.ts).
 */
import { machine } from "../host/machine.ts";
import type { Simd } from "./kernels/kernels.ts";
import { Kernels } from "./kernels/kernels.ts";
import { chooseProducts, type Products } from "./kernels/products.ts";
import { Threads } from "./kernels/threads.ts";
import type { Memory } from "./memory/memory.ts";
import { processMemory } from "./memory/process-memory.ts";
import { Scratch } from "./memory/scratch.ts";
import { Mutex } from "./mutex.ts";

const runtimes = new Map<string, Runtime>();

/** The event loop waits this long at most, and for one block of the model. */
const PAUSE_MS = 20;

export class Runtime {
  readonly simd: Simd;
  readonly memory: Memory;
  readonly threads: Threads;
  readonly scratch: Scratch;
  readonly #kernels: Kernels;
  #products: Products | undefined;
  readonly #mutex: Mutex;
  #lastPause = performance.now();

  private constructor(simd: Simd, bank: number) {
    this.simd = simd;
    this.#mutex = bank === 0 ? new Mutex() : Runtime.get(simd).#mutex;
    this.memory = processMemory(bank);
    this.scratch = new Scratch(this.memory);
    this.#kernels = new Kernels(simd, this.memory.wasm);
    this.threads = new Threads(this.#kernels, this.memory);
  }

  /** How rows are multiplied with quantized weights. Chosen when it is first asked for. */
  get products(): Products {
    this.#products ??= chooseProducts(this.simd, this.#kernels.exports);
    return this.#products;
  }

  /** Tests and benchmarks choose other ones. */
  set products(products: Products) {
    this.#products = products;
  }

  /** @param bank its number; 0 is the bank of all models that fit in it */
  static get(simd: Simd, bank = 0): Runtime {
    const key = `${simd} ${bank}`;
    const runtime = runtimes.get(key) ?? new Runtime(simd, bank);
    runtimes.set(key, runtime);
    return runtime;
  }

  /**
   * Runs `work` when all work queued before it has ended, in any bank. Scratch memory and threads serve one
   * job at a time, and the threads of all banks share the cores.
   */
  exclusively<T>(work: () => Promise<T>): Promise<T> {
    return this.#mutex.run(work);
  }

  /**
   * Lets the event loop run if it has waited long enough. Long work awaits this often.
   *
   * @throws the signal's reason when it is aborted
   */
  async pause(signal: AbortSignal | undefined): Promise<void> {
    if (performance.now() - this.#lastPause < PAUSE_MS) return;
    await machine.turn();
    this.#lastPause = performance.now();
    signal?.throwIfAborted();
  }
}
