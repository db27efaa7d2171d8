/**
 * Threads. A job is a kernel with its arguments and the number of items of its output. It is cut into slices.
 * The main thread and the workers claim slices from one counter until none is left. A slice has the same
 * numbers on every thread.
 *
 * Workers run `work`. Between jobs they spin for a while, then sleep on `EPOCH`.
 */
import { run } from "./generated/dispatch";

// The control block: one cache line each for the words that workers write, watch and read.
/** Bytes of the control block. */
export const CONTROL_BYTES: usize = 512;
/** i64: number of slices in the upper half, slices claimed in the lower half. */
const TICKET: usize = 0;
/** i32: slices finished. */
const DONE: usize = 64;
/** i32: number of jobs so far. A change wakes the workers. */
const EPOCH: usize = 128;
/** i32: workers that have gone to sleep since the last job began. */
const SLEEPERS: usize = 192;
const KERNEL: usize = 256;
const COUNT: usize = 260;
const SLICES: usize = 264;
const THREADS: usize = 268;
/** i32: a worker whose kernel trapped sets it. Only the caller in TypeScript reads it. */
export const FAILED: usize = 280;
/** The kernel's arguments, four bytes each. */
export const ARGUMENTS: usize = 320;
/** Arguments that a kernel may have. */
export const ARGUMENT_SLOTS: usize = 32;

/**
 * Reads of a counter before a thread sleeps. They last as long as the small operations between two products.
 */
const SPINS = 50000;

/**
 * Starts a job on the calling thread and the first `threads` - 1 workers, and takes part in it until no slice
 * is left to claim. `join` waits for its end.
 */
export function fork(control: usize, kernel: i32, threads: usize, count: usize, slices: i32): void {
  store<i32>(control, slices, SLICES);
  if (slices == 1) {
    run(kernel, control + ARGUMENTS, 0, 0, count);
    atomic.store<i32>(control, 1, DONE);
    return;
  }
  store<i32>(control, kernel, KERNEL);
  store<usize>(control, threads, THREADS);
  store<usize>(control, count, COUNT);
  atomic.store<i32>(control, 0, DONE);
  atomic.store<i64>(control, (<i64>slices) << 32, TICKET);
  atomic.add<i32>(control, 1, EPOCH);
  if (atomic.xchg<i32>(control, 0, SLEEPERS) > 0) atomic.notify(control + EPOCH, -1);
  claimSlices(control, 0);
}

// The baseline compiler of Node 20 loses locals that live across an atomic wait. Therefore `join` and `work`
// end with their wait, and their callers loop.

/** Waits a while for the end of the job. The caller repeats it until it returns true. */
export function join(control: usize): bool {
  const slices = load<i32>(control, SLICES);
  let done = 0;
  for (let spins = 0; spins < SPINS; spins++) {
    done = atomic.load<i32>(control, DONE);
    if (done == slices) return true;
  }
  atomic.wait<i32>(control + DONE, done, 1000000);
  return false;
}

/**
 * Takes slices of the current job, then waits for another. A worker calls it in an endless loop, with its
 * number from 1.
 */
export function work(control: usize, worker: usize): void {
  const epoch = atomic.load<i32>(control, EPOCH);
  if (worker < load<usize>(control, THREADS)) claimSlices(control, worker);
  for (let spins = 0; spins < SPINS; spins++) {
    if (atomic.load<i32>(control, EPOCH) != epoch) return;
  }
  atomic.add<i32>(control, 1, SLEEPERS);
  atomic.wait<i32>(control + EPOCH, epoch, -1);
}

function claimSlices(control: usize, worker: usize): void {
  while (true) {
    const ticket = atomic.add<i64>(control, 1, TICKET);
    const slice = <u32>ticket;
    const slices = <u32>(ticket >> 32);
    if (slice >= slices) return;
    const begin = beginOf(slice, slices, control);
    const end = beginOf(slice + 1, slices, control);
    if (begin < end) run(load<i32>(control, KERNEL), control + ARGUMENTS, worker, begin, end);
    const done = atomic.add<i32>(control, 1, DONE) + 1;
    if (<u32>done == slices && worker > 0) atomic.notify(control + DONE, 1);
  }
}

/**
 * The first item of a slice. If there are more slices than threads, each slice is shorter than the one before
 * by the same step: the first slices read long runs of memory, and the last ones leave little to wait for.
 */
function beginOf(slice: u64, slices: u64, control: usize): usize {
  const count = <u64>load<usize>(control, COUNT);
  if (slices <= load<usize>(control, THREADS)) return <usize>((count * slice) / slices);
  const left = slices - slice;
  return <usize>(count - (count * left * (left + 1)) / (slices * (slices + 1)));
}
