/** A trial: node measure.js CONTENDER THREADS, one text embedded again and again. */
import { answer, named, seconds } from "../trial.js";
import { contenders } from "./contenders.js";
import { folder, input } from "./model.js";

/**
 * @typedef {object} Measurement
 * @property {string} version
 * @property {number} load  seconds
 * @property {number} time  seconds a text
 * @property {number} sum  of the embedding's first numbers, to be compared
 */

const [name, threads] = process.argv.slice(2);
const warmUp = 8;
const texts = 20;

await answer(async () => {
  /** @type {import("./contenders.js").Loaded | undefined} */
  let loaded;
  const load = await seconds(async () => {
    loaded = await named(contenders, name).load(folder, Number(threads));
  });
  if (loaded === undefined) throw new Error("nothing was loaded");
  const { version, embed } = loaded;
  for (let i = 0; i < warmUp; i++) await embed(input);
  const elapsed = await seconds(async () => {
    for (let i = 0; i < texts; i++) await embed(input);
  });
  const first = (await embed(input)).subarray(0, 8);
  return { version, load, time: elapsed / texts, sum: first.reduce((sum, x) => sum + x, 0) };
});
