/** Loads the embedded model and streams a text. */
import { loadModel } from "gpt-simd";

const model = await loadModel();
const tokens = model.generate("Once upon a time", { maxTokens: 40, seed: 2, stop: ["\n"] });

// A generator ends with a summary, which `for await` does not show.
let result = await tokens.next();
while (!result.done) {
  process.stdout.write(result.value.text);
  result = await tokens.next();
}
const { finishReason, promptIds, generatedMs } = result.value;
console.log(`\n${finishReason} after ${promptIds.length} tokens of prompt, ${Math.round(generatedMs)} ms`);

await model.close();
