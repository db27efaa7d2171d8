/** node generate-checkpoint.js [DIRECTORY] [--layers N ...]: writes a random GPT-2; see README.md. */
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { generateCheckpoint } from "./checkpoint/generate.js";
import { gpt2Small } from "./checkpoint/gpt2.js";
import { leastVocabulary } from "./checkpoint/vocabulary.js";
import { count } from "./count.js";
import { defaultWorkload } from "./inference/workload.js";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    layers: { type: "string", default: String(gpt2Small.n_layer) },
    heads: { type: "string", default: String(gpt2Small.n_head) },
    width: { type: "string", default: String(gpt2Small.n_embd) },
    positions: { type: "string", default: String(gpt2Small.n_positions) },
    vocab: { type: "string", default: String(gpt2Small.vocab_size) },
    seed: { type: "string", default: "1" },
  },
});

const directory = resolve(positionals[0] ?? defaultWorkload.checkpoint);
const shape = {
  n_layer: count("layers", values.layers),
  n_head: count("heads", values.heads),
  n_embd: count("width", values.width),
  n_positions: count("positions", values.positions),
  vocab_size: count("vocab", values.vocab),
};
if (shape.n_embd % shape.n_head !== 0) {
  throw new RangeError(`--width ${shape.n_embd} does not divide into --heads ${shape.n_head}`);
}
if (shape.vocab_size < leastVocabulary) {
  throw new RangeError(
    `--vocab ${shape.vocab_size}: expected ${leastVocabulary} or more, for every byte and letter`,
  );
}
await generateCheckpoint(directory, shape, count("seed", values.seed));
process.stdout.write(`${directory}\n`);
