/** A trial: node llama-bench.js MODEL '{"llamaBench": PATH, ...}', native llama.cpp's own measurement of the same file. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { answer, Unavailable } from "../trial.js";
import { modelFile } from "./model.js";

const execute = promisify(execFile);
const [name, given] = process.argv.slice(2);
/** @type {import("../inference/workload.js").Workload} */
const { llamaBench, threads, prompt, generate, long } = JSON.parse(given);

await answer(async () => {
  if (llamaBench === "") throw new Unavailable("--llama-bench PATH names no llama-bench");
  const prompts = long > 0 ? `${prompt},${long}` : String(prompt);
  const runs = await bench("-p", prompts, "-n", String(generate));
  if (long > 0) runs.push(...(await bench("-p", "0", "-n", String(generate), "-d", String(long))));
  const speed = (/** @type {number} */ p, /** @type {number} */ n, /** @type {number} */ d) =>
    runs.find(
      (/** @type {Record<string, number>} */ run) =>
        run.n_prompt === p && run.n_gen === n && (run.n_depth ?? 0) === d,
    )?.avg_ts;
  return {
    version: runs[0].build_commit,
    prompt: speed(prompt, 0, 0),
    generation: speed(0, generate, 0),
    ...(long > 0 && { longPrompt: speed(long, 0, 0), longGeneration: speed(0, generate, long) }),
  };
});

/** @param {string[]} tests */
async function bench(...tests) {
  const common = ["-m", modelFile(name), "-t", String(threads), "-r", "1", "-o", "json"];
  const { stdout } = await execute(llamaBench, [...common, ...tests], { maxBuffer: 1 << 24 });
  return JSON.parse(stdout);
}
