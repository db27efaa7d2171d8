/**
 * The thread pool. Workers wait inside WebAssembly (assembly/threads.ts) and take slices of jobs there. The
 * only JavaScript that runs on a worker is the loop around that. Workers never keep the process alive.
 */
import { startWorker } from "../../host/threads.ts";
import type { Memory } from "../memory/memory.ts";
import type { Kernels } from "./kernels.ts";
import { ARGUMENT_SLOTS, ARGUMENTS, CONTROL_BYTES, FAILED, type Kernel } from "./table.ts";

/**
 * Cost, in multiply-adds, that is worth giving to another thread: about three microseconds. Workers spin
 * between the jobs of a pass, and sharing a job costs about one microsecond. With eight times this cost
 * models of 256 dimensions took 1.7 times as long.
 */
const SHARE_COST = 1 << 15;
/**
 * Cost of a slice of a large job. The slice is long enough to be read as one stream, and short enough that no
 * thread waits long for the last one. With a sixteenth of this cost a token of quantized weights took a tenth
 * longer.
 */
const SLICE_COST = 1 << 19;
/**
 * Most slices per thread. More slices make all threads end at about the same time: with 4 a prompt took 2%
 * longer.
 */
export const SLICES_PER_THREAD = 12;

/** Number of slices of a job with this cost for this number of threads. */
function slicesOf(threads: number, cost: number): number {
  const worth = Math.floor(cost / SHARE_COST);
  if (worth < threads) return Math.max(worth, 1);
  const each = Math.round(cost / (SLICE_COST * threads));
  return threads * Math.min(Math.max(each, 1), SLICES_PER_THREAD);
}

export class Threads {
  readonly #kernels: Kernels;
  readonly #memory: Memory;
  readonly #control: number;
  readonly #integers: Uint32Array;
  readonly #floats: Float32Array;
  readonly #failed: Uint32Array;
  #workers = 0;
  /** The system has refused another thread. */
  #isFull = false;

  constructor(kernels: Kernels, memory: Memory) {
    this.#kernels = kernels;
    this.#memory = memory;
    this.#control = memory.allocate(CONTROL_BYTES);
    memory.bytes(this.#control, CONTROL_BYTES).fill(0);
    this.#failed = memory.u32(this.#control + FAILED, 1);
    this.#integers = memory.u32(this.#control + ARGUMENTS, ARGUMENT_SLOTS);
    this.#floats = memory.f32(this.#control + ARGUMENTS, ARGUMENT_SLOTS);
  }

  /** Number of threads: the workers and the caller. */
  get count(): number {
    return this.#workers + 1;
  }

  /**
   * Starts workers until `count` threads take part. They join the work when they are up; no job waits for
   * them. Where the system allows fewer threads, the ones that started do all the work.
   */
  grow(count: number): void {
    while (this.count < count && !this.#isFull) {
      const { module } = this.#kernels;
      const [control, failed] = [this.#control, this.#control + FAILED];
      if (startWorker({ module, memory: this.#memory.wasm, control, failed, worker: this.count }))
        this.#workers++;
      else this.#isFull = true;
    }
  }

  /**
   * Runs a kernel over `items` items of its output on at most `threads` threads, and returns when all are
   * done. A kernel that traps is a bug: the call fails, and the threads cannot be used any more.
   *
   * @param cost of one item, in multiply-adds: it decides the number of slices
   */
  run<A>(kernel: Kernel<A>, threads: number, items: number, cost: number, a: NoInfer<A>): void {
    kernel.write(this.#integers, this.#floats, a);
    const slices = threads === 1 ? 1 : Math.min(slicesOf(threads, items * cost), items);
    const { fork, join } = this.#kernels.exports;
    fork(this.#control, kernel.number, threads, items, slices);
    while (!join(this.#control)) {
      if (Atomics.load(this.#failed, 0) !== 0) throw new Error(`${kernel.name} failed on a worker thread`);
    }
  }
}
