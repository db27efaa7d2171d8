/** A trial: node measure.js CONTENDER THREADS, a source read and greedy ids written. */
import { t5Small } from "../checkpoint/t5.js";
import { answer, named, seconds } from "../trial.js";
import { contenders } from "./contenders.js";
import { folder, sourceIds, work } from "./model.js";

/**
 * @typedef {object} Measurement
 * @property {string} version
 * @property {number} load  seconds
 * @property {number} speed  ids a second, the reading of the source included
 * @property {number} checksum  sum of the ids
 */

const [name, threads] = process.argv.slice(2);
const warmUp = 2;
const texts = 4;

await answer(async () => {
  /** @type {import("./contenders.js").Loaded | undefined} */
  let loaded;
  const load = await seconds(async () => {
    loaded = await named(contenders, name).load(folder, Number(threads));
  });
  if (loaded === undefined) throw new Error("nothing was loaded");
  const { version, translate } = loaded;
  const source = sourceIds(work.source, t5Small.vocab_size);
  for (let i = 0; i < warmUp; i++) await translate(source, work.generate);
  /** @type {number[]} */
  let ids = [];
  const elapsed = await seconds(async () => {
    for (let i = 0; i < texts; i++) ids = await translate(source, work.generate);
  });
  const checksum = ids.reduce((sum, id) => sum + id, 0);
  return { version, load, speed: (texts * work.generate) / elapsed, checksum };
});
