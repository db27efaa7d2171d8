/**
 * A trial: node bandwidth.js THREADS, the bytes that so many threads can read a second. Each thread searches memory
 * that no cache holds for a byte that is not there: memchr, native code that does nothing but read.
 */
import { fileURLToPath } from "node:url";
import { isMainThread, parentPort, Worker } from "node:worker_threads";
import { answer, seconds } from "./trial.js";

const bytesPerThread = 256 * 1024 * 1024;
const passes = 5;

if (isMainThread) await answer(measure);
else search();

/** @returns {Promise<{ bandwidth: number }>} of the best pass */
async function measure() {
  const workers = Array.from({ length: Number(process.argv[2]) }, () => {
    return new Worker(fileURLToPath(import.meta.url));
  });
  const done = () =>
    Promise.all(workers.map((worker) => new Promise((resolve) => worker.once("message", resolve))));
  await done();
  let best = 0;
  for (let pass = 0; pass < passes; pass++) {
    const finished = done();
    const elapsed = await seconds(async () => {
      for (const worker of workers) worker.postMessage("search");
      await finished;
    });
    best = Math.max(best, (workers.length * bytesPerThread) / elapsed);
  }
  return { bandwidth: best };
}

/** In a worker: one search for every message. */
function search() {
  const memory = Buffer.alloc(bytesPerThread, 1); // written, or its pages would all be the one page of zeros
  parentPort?.on("message", () => parentPort?.postMessage(memory.indexOf(2)));
  parentPort?.postMessage("ready");
}
