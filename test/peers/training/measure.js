/** A trial: node measure.js CONTENDER '{"checkpoint": ..., "rows": ...}', some steps of training by one contender. */
import { answer, named } from "../trial.js";
import { contenders } from "./contenders.js";

const [name, work] = process.argv.slice(2);

await answer(() => named(contenders, name).train(JSON.parse(work)));
