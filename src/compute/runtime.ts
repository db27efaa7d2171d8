/**
 * A build of the kernels with its memory, threads and scratch memory. It is made at first use and stays until
 * the process ends.
 */
import { setImmediate } from "node:timers/promises";
import type { Simd } from "./kernels/kernels.ts";
import { Kernels } from "./kernels/kernels.ts";
import { Threads } from "./kernels/threads.ts";
import type { Memory } from "./memory/memory.ts";
import { processMemory } from "./memory/process-memory.ts";
import { Scratch } from "./memory/scratch.ts";
import { Mutex } from "./mutex.ts";

const runtimes = new Map<Simd, Runtime>();

/** The event loop waits this long at most, and for one block of the model. */
const PAUSE_MS = 20;

export class Runtime {
  readonly simd: Simd;
  readonly memory: Memory;
  readonly threads: Threads;
  readonly scratch: Scratch;
  readonly #mutex = new Mutex();
  #lastPause = performance.now();

  private constructor(simd: Simd) {
    this.simd = simd;
    this.memory = processMemory();
    this.scratch = new Scratch(this.memory);
    this.threads = new Threads(new Kernels(simd, this.memory.wasm), this.memory);
  }

  static get(simd: Simd): Runtime {
    const runtime = runtimes.get(simd) ?? new Runtime(simd);
    runtimes.set(simd, runtime);
    return runtime;
  }

  /**
   * Runs `work` when all work queued before it has ended. Scratch memory and threads serve one job at a time.
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
    await setImmediate();
    this.#lastPause = performance.now();
    signal?.throwIfAborted();
  }
}
