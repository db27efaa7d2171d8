/** A trial: node measure.js MODEL '{"threads": ..., "prompt": ...}', this project on a GGUF file of random blocks. */
import { importLibrary, orUnavailable, version } from "../library.js";
import { answer, seconds } from "../trial.js";
import { modelFile } from "./model.js";

const [name, given] = process.argv.slice(2);
/** @type {import("../inference/workload.js").Workload} */
const { threads, prompt, generate, long } = JSON.parse(given);

await answer(async () => {
  const { loadModel } = await importLibrary();
  const contextSize = Math.max(prompt, long) + generate;
  const model = await orUnavailable(loadModel(modelFile(name), { threads, contextSize }));
  const session = model.createSession();
  const idsOf = (/** @type {number} */ count) =>
    Array.from({ length: count }, (_, i) => (7919 * i) % model.config.vocabSize);
  const read = (/** @type {number} */ count) =>
    seconds(async () => void (await session.append(idsOf(count))));
  const write = () =>
    seconds(async () => {
      for (const id of idsOf(generate)) await session.append([id]);
    });

  await read(Math.ceil(prompt / 8));
  await write();
  session.truncate(0);
  /** @type {Record<string, number>} */
  const speeds = { prompt: prompt / (await read(prompt)) };
  session.truncate(0);
  speeds.generation = generate / (await write());
  if (long > 0) {
    session.truncate(0);
    speeds.longPrompt = long / (await read(long));
    speeds.longGeneration = generate / (await write());
  }
  return { version, simd: model.simd, ...speeds };
});
