/**
 * One run of one contender in a process of its own: node measure.js CONTENDER '{"checkpoint": ..., "threads": ...}'.
 * Prints a Measurement, or { unavailable }, as one line of JSON.
 */
import { performance } from "node:perf_hooks";
import { contender } from "./contenders.js";
import { Unavailable } from "./engines/engine.js";
import { workloadIds } from "./workload.js";

/**
 * @typedef {object} Phase
 * @property {number} tokensPerSecond
 * @property {number} cores  processor time over wall-clock time: how many cores were at work
 *
 * @typedef {object} Measurement
 * @property {string} version
 * @property {number} loadSeconds  from the call to a model that can be used
 * @property {Phase} prompt
 * @property {Phase} generation
 * @property {number} peakBytes  of resident memory, of the whole process
 * @property {number[]} picks  the most probable id after the prompt and after each further id
 */

/**
 * The warm-up, of whole prompts with some steps after each: until then engines grow their memory and V8 still
 * compiles. onnxruntime-web's exported graph reads its second prompt at two thirds of its later speed.
 */
const warmUp = { sequences: 4, steps: 8 };

/**
 * @param {import("./contenders.js").Contender} who
 * @param {import("./workload.js").Workload} workload
 * @returns {Promise<Measurement>}
 */
async function measure({ engine, simd }, workload) {
  const ids = workloadIds(workload);
  const started = performance.now();
  const model = await engine.load(workload.checkpoint, { threads: workload.threads, simd });
  const loadSeconds = (performance.now() - started) / 1000;

  for (let i = 0; i < warmUp.sequences; i++) {
    const sequence = model.start();
    await sequence.append(ids.slice(0, workload.prompt));
    for (const id of ids.slice(-warmUp.steps)) await sequence.append([id]);
  }

  /** @type {number[]} */
  const picks = [];
  const sequence = model.start();
  const prompt = await time(workload.prompt, async () => {
    picks.push(argmax(await sequence.append(ids.slice(0, workload.prompt))));
  });
  const generation = await time(workload.generate, async () => {
    for (const id of ids.slice(workload.prompt)) picks.push(argmax(await sequence.append([id])));
  });

  const peakBytes = process.resourceUsage().maxRSS * 1024;
  await model.close();
  return { version: model.version, loadSeconds, prompt, generation, peakBytes, picks };
}

/** @param {number} tokens @param {() => Promise<void>} work @returns {Promise<Phase>} */
async function time(tokens, work) {
  const processor = process.cpuUsage();
  const started = performance.now();
  await work();
  const seconds = (performance.now() - started) / 1000;
  const { user, system } = process.cpuUsage(processor);
  return { tokensPerSecond: tokens / seconds, cores: (user + system) / 1e6 / seconds };
}

/** @param {Float32Array} logits */
function argmax(logits) {
  let best = 0;
  for (let id = 1; id < logits.length; id++) if (logits[id] > logits[best]) best = id;
  return best;
}

const [name, workload] = process.argv.slice(2);
const result = await measure(contender(name), JSON.parse(workload)).catch((error) => {
  if (error instanceof Unavailable) return { unavailable: error.message };
  throw error;
});
// Some engines keep worker threads that would keep the process alive.
process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit());
