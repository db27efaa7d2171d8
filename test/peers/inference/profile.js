/**
 * A trial: node profile.js '{"checkpoint": ..., "threads": ...}', the time that gpt-simd Q8_0 spends in each of its kernels,
 * measured on the calling thread, from a job's beginning until all threads are done with it.
 */
import { importInternal } from "../library.js";
import { answer } from "../trial.js";
import { workloadIds } from "./workload.js";

/** @typedef {Record<string, number>} Times  milliseconds by kernel; `all` is the wall clock's */

/** @type {import("./workload.js").Workload} */
const workload = JSON.parse(process.argv[2]);
const ids = workloadIds(workload);

await answer(async () => {
  /** @type {typeof import("../../../dist/index.js")} */
  const { loadModel } = await importInternal("index.js");
  /** @type {typeof import("../../../dist/compute/kernels/threads.js")} */
  const { Threads } = await importInternal("compute/kernels/threads.js");
  /** @type {Times} */
  let times = {};
  const { run } = Threads.prototype;
  Threads.prototype.run = function (kernel, ...rest) {
    const started = performance.now();
    run.call(this, kernel, ...rest);
    times[kernel.name] = (times[kernel.name] ?? 0) + performance.now() - started;
  };
  const timed = async (/** @type {() => Promise<unknown>} */ work) => {
    times = {};
    const started = performance.now();
    await work();
    return { ...times, all: performance.now() - started };
  };

  const { checkpoint, threads, prompt, generate } = workload;
  const model = await loadModel(checkpoint, { threads, simd: "plain", quantization: "q8_0" });
  const follow = async () => {
    const session = model.createSession();
    const ofPrompt = await timed(() => session.append(ids.slice(0, prompt)));
    const ofGeneration = await timed(async () => {
      for (const id of ids.slice(prompt)) await session.append([id]);
    });
    await session.close();
    const ofToken = Object.entries(ofGeneration).map(([kernel, time]) => [kernel, time / generate]);
    return { prompt: ofPrompt, token: /** @type {Times} */ (Object.fromEntries(ofToken)) };
  };
  await follow(); // the warm-up
  await follow();
  const result = await follow();
  await model.close();
  return result;
});
