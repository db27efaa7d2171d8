/**
 * node llama-logits.js FILE.gguf: reads prompts of ids as a JSON list of lists, and writes the logits of llama.cpp after
 * each. A process of its own, since llama.cpp ends its process where a file does not please it.
 */
import { text } from "node:stream/consumers";
import { Unavailable } from "../trial.js";
import { llamaLogits, openLlama } from "./engines/node-llama-cpp.js";

/** The exit code where the package is missing. */
export const missing = 77;

async function main() {
  try {
    const { llama, context } = await openLlama(String(process.argv[2]), 1);
    const sequence = context.getSequence();
    const all = [];
    for (const prompt of JSON.parse(await text(process.stdin))) {
      all.push([...(await llamaLogits(sequence, prompt))]);
      await sequence.clearHistory();
    }
    await llama.dispose();
    process.stdout.write(JSON.stringify(all));
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
    process.stderr.write(error.message);
    process.exitCode = missing;
  }
}

if (process.argv[1] === import.meta.filename) await main();
