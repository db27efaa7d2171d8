/** A trial: node measure.js CONTENDER '{"checkpoint": ..., "threads": ...}', one run of one contender. */
import { answer, named, seconds } from "../trial.js";
import { contenders } from "./contenders.js";
import { workloadIds } from "./workload.js";

/** @typedef {import("./engine.js").LoadedModel} LoadedModel */

/**
 * @typedef {object} Measurement
 * @property {string} version
 * @property {number} load  seconds from the call to a model that can be used
 * @property {number} prompt  tokens a second
 * @property {number} generation  tokens a second
 * @property {number[]} [cores]  processor time over wall-clock time of the two: how many cores were at work
 * @property {number} [memory]  peak of resident bytes, without Node's own before the engine was imported
 * @property {number} [together]  tokens a second of eight prompts at once, over those of one after the other
 * @property {number[]} picks  the most probable id after the prompt and after each further id
 */

/**
 * The warm-up: until then engines grow their memory and V8 still compiles. onnxruntime-web's exported graph reads its second
 * prompt at two thirds of its later speed. An engine whose prompt takes longer than all of it is warm after a part of one.
 */
const warmUp = { part: 1 / 8, sequences: 4, steps: 8, seconds: 8 };
const batch = { sequences: 8, prompt: 16 };

const [name, given] = process.argv.slice(2);
/** @type {import("./workload.js").Workload} */
const workload = JSON.parse(given);
const ids = workloadIds(workload);

await answer(async () => {
  const { engine, type, simd, threads = workload.threads, batches = false } = named(contenders, name);
  const baseline = process.memoryUsage.rss();
  const started = performance.now();
  const model = await engine.load(workload.checkpoint, { threads, type, simd });
  const load = (performance.now() - started) / 1000;

  await warm(model);
  /** @type {Measurement} */
  const result = { version: model.version, load, ...(await timePhases(model)) };
  if (model.outside) delete result.cores;
  else result.memory = process.resourceUsage().maxRSS * 1024 - baseline;
  if (batches) result.together = await compareBatch(model);
  await model.close();
  return result;
});

/** @param {LoadedModel} model */
async function warm(model) {
  const end = performance.now() + 1000 * warmUp.seconds;
  const part = await seconds(() => follow(model, Math.ceil(workload.prompt * warmUp.part), warmUp.steps));
  if (part / warmUp.part > warmUp.seconds) return;
  for (let i = 0; i < warmUp.sequences && performance.now() < end; i++) {
    await follow(model, workload.prompt, warmUp.steps);
  }
}

/** @param {LoadedModel} model */
async function timePhases(model) {
  const sequence = model.start(workload.generate);
  /** @type {number[]} */
  const picks = [];
  const prompt = await time(workload.prompt, async () => {
    picks.push(await sequence.append(ids.slice(0, workload.prompt)));
  });
  const generation = await time(workload.generate, async () => {
    for (const id of ids.slice(workload.prompt)) picks.push(await sequence.append([id]));
  });
  await sequence.close();
  return {
    prompt: prompt.speed,
    generation: generation.speed,
    cores: [prompt.cores, generation.cores],
    picks,
  };
}

/** @param {number} tokens @param {() => Promise<void>} work */
async function time(tokens, work) {
  const processor = process.cpuUsage();
  const elapsed = await seconds(work);
  const { user, system } = process.cpuUsage(processor);
  return { speed: tokens / elapsed, cores: (user + system) / 1e6 / elapsed };
}

/** @param {LoadedModel} model @param {number} prompt @param {number} steps */
async function follow(model, prompt, steps) {
  const sequence = model.start(steps);
  await sequence.append(ids.slice(0, prompt));
  for (let step = 0; step < steps; step++) await sequence.append([ids[prompt + (step % workload.generate)]]);
  await sequence.close();
}

/** How many times faster eight sequences are together than in turn. @param {LoadedModel} model */
async function compareBatch(model) {
  const all = Array.from(
    { length: batch.sequences },
    () => () => follow(model, batch.prompt, workload.generate),
  );
  const together = async () => {
    await Promise.all(all.map((one) => one()));
  };
  await together();
  const alone = await seconds(async () => {
    for (const one of all) await one();
  });
  return alone / (await seconds(together));
}
