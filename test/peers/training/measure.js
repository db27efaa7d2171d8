/** A trial: node measure.js CONTENDER '{"checkpoint": ..., "rows": ...}', some steps of training by one contender. */
import { answer } from "../trial.js";
import { contenders } from "./contenders.js";

const [name, work] = process.argv.slice(2);

await answer(async () => {
  const contender = contenders.find((one) => one.name === name);
  if (contender === undefined) throw new RangeError(`no contender "${name}"`);
  return await contender.train(JSON.parse(work));
});
