/** Fine-tunes the embedded model on a few sentences, saves it, and lets the new model write. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createTrainer, loadModel } from "gpt-simd";

const sentences = [
  "The robot said beep.",
  "A robot sang a song.",
  "The robot was happy.",
  "The robot said hello.",
];
const steps = 12;
const directory = await mkdtemp(join(tmpdir(), "robot-"));

const stories = await loadModel();
// A row is T + 1 ids: each is the target of those before it. 0 is the end of a text.
const batch = sentences.map((sentence) => [0, ...stories.tokenizer.encode(sentence), 0]);
await stories.close();

const trainer = await createTrainer({ model: "stories", lr: 5e-4, warmupSteps: 2, steps });
for (let step = 1; step <= steps; step++) {
  const { loss, gradNorm } = await trainer.step(batch);
  console.log(`step ${step}: loss ${loss.toFixed(3)}, gradient ${gradNorm.toFixed(2)}`);
}
await trainer.save(directory);
await trainer.close();

const robot = await loadModel(directory);
for await (const { text } of robot.generate("The robot", { maxTokens: 10, temperature: 0 }))
  process.stdout.write(text);
console.log();
await robot.close();
await rm(directory, { recursive: true });
