/** rsLoRA, LoRA+ and DoRA: another factor of the product, another learning rate of B, lengths of rows. */
import { readFileSync } from "node:fs";
import { beforeAll, expect, it } from "vitest";
import { loadModel } from "../../../src/library/load-model.ts";
import { createTrainer } from "../../../src/train/create-trainer.ts";
import type { ChosenWeights } from "../../../src/train/trained-weights.ts";
import { writeRandomDirectory } from "../../fixtures/random-checkpoint.ts";
import { gpt2 } from "../../fixtures/stored-config.ts";
import { temporaryFolder } from "../../fixtures/temporary.ts";
import { readTensors } from "../tensors.ts";

const WEIGHTS = "adapter_model.safetensors";
const file = temporaryFolder();
const ids = [5, 4, 3, 2, 1, 9];

beforeAll(() => writeRandomDirectory(file("gpt2"), gpt2));

/** Trains and saves an adapter. Returns the logits with it. */
async function trained(
  name: string,
  steps: number,
  lora: Partial<Extract<ChosenWeights, { kind: "adapter" }>>,
) {
  const own = { kind: "adapter", rank: 4, alpha: 4, ...lora } as const;
  const options = { steps: 3, lr: 1e-2, minLr: 1e-2, weightDecay: 0, dropout: 0, clipGradNorm: 0 };
  await using trainer = await createTrainer({ model: file("gpt2"), trained: own, ...options });
  for (let step = 0; step < steps; step++) await trainer.step([ids]);
  await trainer.save(file(name));
  return await trainer.createSession().append(ids);
}

const configOf = (name: string) => JSON.parse(readFileSync(file(name, "adapter_config.json"), "utf8"));

it("rsLoRA multiplies by alpha / sqrt(rank), here and in what reads its config", async () => {
  const rooted = await trained("rooted", 3, { scaling: "root" });
  expect(await trained("same", 3, { alpha: 8 })).toEqual(rooted); // 8 / 4 = 4 / sqrt(4)
  expect(await trained("plain", 3, {})).not.toEqual(rooted);
  expect([configOf("rooted"), configOf("plain")].map(({ use_rslora }) => use_rslora)).toEqual([true, false]);
  await using model = await loadModel(file("gpt2"), { adapters: [{ path: file("rooted") }] });
  const found = await model.createSession().append(ids);
  expect(differenceOf(found, rooted)).toBeLessThan(2e-5);
});

it("resumes rsLoRA and LoRA+", async () => {
  await trained("saved", 1, { scaling: "root", plusRatio: 16 });
  await using resumed = await createTrainer({ model: file("saved"), resume: true });
  expect(resumed.hyperparameters.trained).toMatchObject({ scaling: "root", plusRatio: 16 });
});

it("LoRA+ takes larger steps of B alone", async () => {
  await trained("slow", 1, {});
  await trained("fast", 1, { plusRatio: 4 });
  const [slow, fast] = [await readTensors(file("slow"), WEIGHTS), await readTensors(file("fast"), WEIGHTS)];
  expect(slow.size).toBeGreaterThan(0);
  for (const [name, values] of slow) {
    const factor = name.includes("lora_B") ? 4 : 1;
    const others = fast.get(name);
    for (const [i, value] of [...values].entries()) expect(others?.[i]).toBeCloseTo(factor * value, 6);
  }
});

it("DoRA begins as the model, learns lengths, and is the same model in what reads its files", async () => {
  await using model = await loadModel(file("gpt2"));
  const before = await model.createSession().append(ids);
  expect(differenceOf(await trained("begun", 0, { dora: true }), before)).toBeLessThan(2e-5);
  const after = await trained("decomposed", 3, { dora: true });
  expect(differenceOf(after, await trained("plain", 3, {}))).toBeGreaterThan(1e-3);
  expect(configOf("decomposed").use_dora).toBe(true);
  const name = "base_model.model.transformer.h.0.attn.c_attn.lora_magnitude_vector";
  const [begun, learnt] = [
    await readTensors(file("begun"), WEIGHTS),
    await readTensors(file("decomposed"), WEIGHTS),
  ];
  expect(differenceOf(begun.get(name) ?? [], learnt.get(name) ?? [])).toBeGreaterThan(1e-3);
  await using adapted = await loadModel(file("gpt2"), { adapters: [{ path: file("decomposed") }] });
  expect(differenceOf(await adapted.createSession().append(ids), after)).toBeLessThan(2e-5);
});

it.each(["q8_0", "nf4"] as const)("DoRA beside %s begins as the quantized model", async (quantization) => {
  const before = await trained("base", 0, { quantization });
  expect(differenceOf(await trained("q-begun", 0, { quantization, dora: true }), before)).toBeLessThan(2e-5);
  const after = await trained("q", 2, { quantization, dora: true });
  expect(differenceOf(after, before)).toBeGreaterThan(1e-3);
});

it("resumes DoRA bit for bit, and refuses an adapter of another form", async () => {
  const straight = await trained("straight", 2, { dora: true });
  await trained("half", 1, { dora: true });
  await using resumed = await createTrainer({ model: file("half"), resume: true });
  await resumed.step([ids]);
  expect(await resumed.createSession().append(ids)).toEqual(straight);
  await expect(trained("other", 1, { init: file("half") })).rejects.toThrow(
    "has magnitudes: the run needs dora",
  );
});

const differenceOf = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).reduce((most, v, i) => Math.max(most, Math.abs(v - (b[i] ?? Number.NaN))), 0);
