/** Blocks that the pass back computes again: the same bits in less memory. */
import { beforeAll, expect, it } from "vitest";
import { createTrainer, type TrainerOptions } from "../../src/train/create-trainer.ts";
import { trainingMemory } from "../../src/train/memory-plan.ts";
import { rejectionOf } from "../fixtures/errors.ts";
import { writeRandomDirectory } from "../fixtures/random-checkpoint.ts";
import { gpt2, llama, openAiGpt } from "../fixtures/stored-config.ts";
import { temporaryFolder } from "../fixtures/temporary.ts";
import { decoderOf } from "../fixtures/uniform.ts";
import { batchOf } from "./short-run.ts";

const file = temporaryFolder();

beforeAll(() => {
  writeRandomDirectory(file("gpt2"), gpt2);
  writeRandomDirectory(file("llama"), llama);
  writeRandomDirectory(file("openai-gpt"), openAiGpt);
});

async function run(model: string, recompute: boolean, options: Partial<TrainerOptions>) {
  const common = { steps: 3, lr: 1e-2, dropout: 0.1, threads: 2 };
  await using trainer = await createTrainer({ model: file(model), ...common, recompute, ...options });
  const results = [];
  for (let step = 0; step < 3; step++) results.push(await trainer.step(batchOf(step)));
  const ids = [1, 2, 3];
  return { results, logits: await trainer.createSession().append(ids) };
}

const adapter = { kind: "adapter", rank: 2, dropout: 0.2, dora: true } as const;
const last = { kind: "some", freeze: ["*wte*", "*wpe*", "*h.0.*"] } as const;

it.each<[string, string, Partial<TrainerOptions>]>([
  ["gpt2", "gpt2", {}],
  ["gpt2 in pieces", "gpt2", { microBatchTokens: 8 }],
  ["an adapter beside gpt2", "gpt2", { trained: adapter }],
  ["the last layer of gpt2", "gpt2", { trained: last }],
  ["an adapter beside NF4", "llama", { trained: { ...adapter, quantization: "nf4" } }],
  ["llama", "llama", {}],
  ["gpt", "openai-gpt", {}],
])("gives the bits of blocks that are kept: %s", async (_, model, options) => {
  expect(await run(model, true, options)).toEqual(await run(model, false, options));
});

it("is planned with the inputs of all blocks and the results of one", () => {
  const tokens = 1000;
  const config = decoderOf({ ...gpt2, nLayer: 12 });
  const kept = trainingMemory(config, tokens);
  const again = trainingMemory(config, tokens, undefined, undefined, true);
  expect(again.parameters).toBe(kept.parameters);
  expect(again.activations).toBeLessThan(kept.activations / 3);
  expect(again.activations).toBeGreaterThan(4 * tokens * 12 * gpt2.nEmbd);
});

it("is refused by name for a value that is none", async () => {
  const wrong = createTrainer({ model: file("gpt2"), recompute: "yes" as unknown as boolean });
  expect((await rejectionOf(wrong)).message).toBe("recompute must be true or false, found 'yes'");
});
