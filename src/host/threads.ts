/** Worker threads, for Node. They never keep the process alive. */
import { Worker } from "node:worker_threads";
import type { StartWorker } from "./host.ts";

/**
 * The whole program of a worker. It is a string, not a file, so it starts the same from source, build and
 * package. It runs as a script and as a module, because flags of the host decide that.
 */
const WORKER = `
  const { module, memory, control, failed, worker } = process.getBuiltinModule("node:worker_threads").workerData;
  const { work } = new WebAssembly.Instance(module, { env: { memory } }).exports;
  try {
    for (;;) work(control, worker);
  } catch {
    Atomics.store(new Uint32Array(memory.buffer, failed, 1), 0, 1);
  }
`;

export const startWorker: StartWorker = (workerData) => {
  const streams = { stdout: true, stderr: true }; // own streams: Node reports ten workers that pipe into ours as a leak
  try {
    const worker = new Worker(WORKER, { eval: true, execArgv: [], workerData, ...streams });
    worker.on("error", ignoreStart);
    worker.unref();
    return true;
  } catch (error) {
    if (isThreadLimit(error)) return false;
    throw error;
  }
};

/** The system refuses a thread (EAGAIN), or memory for one. */
const isThreadLimit = (error: unknown): boolean =>
  error instanceof Error && "code" in error && error.code === "ERR_WORKER_INIT_FAILED";

/** A worker that ends before its loop has taken no slices: the other threads take them. */
function ignoreStart(): void {}
