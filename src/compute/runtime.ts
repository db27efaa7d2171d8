/** One build of the kernels with the memory, threads and scratch it works with: made at first use, kept for the process. */
import { setImmediate } from "node:timers/promises";
import type { Simd } from "./kernels/kernels.ts";
import { Kernels } from "./kernels/kernels.ts";
import { Threads } from "./kernels/threads.ts";
import type { Memory } from "./memory/memory.ts";
import { processMemory } from "./memory/process-memory.ts";
import { Scratch } from "./memory/scratch.ts";
import { Mutex } from "./mutex.ts";

const runtimes = new Map<Simd, Runtime>();

/** The event loop waits no longer than this, and one block. */
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

  /** Runs `work` when all work queued before it has ended: scratch memory and threads serve one piece at a time. */
  exclusively<T>(work: () => Promise<T>): Promise<T> {
    return this.#mutex.run(work);
  }

  /**
   * Lets the event loop run if it has waited long enough. To be awaited often during long work.
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
