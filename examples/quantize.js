/** Writes the embedded model in 4 bits, as GGUF, and measures what that costs. */
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compareModels, loadModel, quantizeModel } from "gpt-simd";

const directory = await mkdtemp(join(tmpdir(), "quantized-"));
const path = join(directory, "stories.gguf");
await quantizeModel("stories", path, "q4_0");
console.log(`${(await stat(path)).size} bytes`);

const [whole, quantized] = [await loadModel("stories"), await loadModel(path)];
let text = "Once upon a time";
for await (const token of whole.generate(text, { maxTokens: 100, seed: 1 })) text += token.text;
const { perplexity, otherPerplexity, divergence, sameTop } = await compareModels(whole, quantized, text);
console.log(`perplexity ${perplexity.toFixed(3)} became ${otherPerplexity.toFixed(3)}`);
console.log(
  `divergence ${divergence.toFixed(4)} nats, the same top token ${(100 * sameTop).toFixed(1)}% of the time`,
);

await whole.close();
await quantized.close();
await rm(directory, { recursive: true });
