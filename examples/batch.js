/** Generates several texts at a time, in the same passes over the weights, and stops one early. */
import { loadModel } from "gpt-simd";

const model = await loadModel();

async function textOf(prompt, options) {
  let text = prompt;
  for await (const token of model.generate(prompt, options)) text += token.text;
  return text;
}

const prompts = ["The cat", "A red ball", "Tom and Lily", "It was raining"];
const texts = await Promise.all(prompts.map((prompt) => textOf(prompt, { maxTokens: 20, seed: 1 })));
for (const text of texts) console.log(text);

// A signal ends a text, also while its prompt is read.
try {
  console.log(await textOf("Once upon a time", { maxTokens: 200, seed: 1, signal: AbortSignal.timeout(5) }));
} catch (error) {
  console.log(error.name);
}

await model.close();
