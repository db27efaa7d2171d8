import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { Runtime } from "../../../src/compute/runtime.ts";
import { quantizeModel } from "../../../src/convert/quantize.ts";
import { loadModel } from "../../../src/library/load-model.ts";
import { createTrainer, type TrainerOptions } from "../../../src/train/create-trainer.ts";
import { trainingMemory } from "../../../src/train/memory-plan.ts";
import { planTraining } from "../../../src/train/training-plan.ts";
import { weightBytes } from "../../../src/weights/memory-plan.ts";
import { builds } from "../../compute/laboratory.ts";
import { rejectionOf } from "../../fixtures/errors.ts";
import { writeRandomDirectory } from "../../fixtures/random-checkpoint.ts";
import { gpt2, llama } from "../../fixtures/stored-config.ts";
import { temporaryFolder } from "../../fixtures/temporary.ts";
import { decoderOf, type UniformConfig } from "../../fixtures/uniform.ts";
import { batchOf, train } from "../short-run.ts";
import { readTensors } from "../tensors.ts";

const file = temporaryFolder();
const WEIGHTS = "adapter_model.safetensors";
const common = { steps: 8, lr: 1e-2, minLr: 1e-2, dropout: 0.1, threads: 2 } as const;
const lora = { kind: "adapter", rank: 3, alpha: 6, dropout: 0.2, targets: ["all-linear"] } as const;

beforeAll(() => {
  writeRandomDirectory(file("gpt2"), gpt2);
  writeRandomDirectory(file("llama"), llama, { dtype: "BF16" });
});

const create = (options: Partial<TrainerOptions> = {}) =>
  createTrainer({ model: file("gpt2"), trained: lora, ...common, ...options });

const namesIn = (directory: string) => readdirSync(file(directory)).sort();
const bytesOf = (directory: string, name: string) => readFileSync(file(directory, name));

describe("a trainer with lora", () => {
  it.each(["gpt2", "llama"])("begins as the model that it adapts: %s", async (name) => {
    const ids = [1, 2, 3];
    const trainer = await create({ model: file(name), simd: "plain" });
    const model = await loadModel(file(name), { simd: "plain", threads: 1 });
    const expected = await model.createSession().append(ids, { every: true });
    expect(await trainer.createSession().append(ids, { every: true })).toEqual(expected);
    await Promise.all([trainer.close(), model.close()]);
  });

  it("trains a GGUF file as its directory, and resumes the run", async () => {
    await quantizeModel(file("llama"), file("llama.gguf"), "f32");
    const adapters = [file("llama.gguf"), file("llama")].map(async (model, i) => {
      const trainer = await create({ model });
      await train(trainer, 2);
      await trainer.save(file(`of-${i}`));
      await trainer.close();
      const resumed = await createTrainer({ model: file(`of-${i}`), resume: true, threads: 1 });
      const losses = await train(resumed, 4);
      await resumed.close();
      return { losses, weights: bytesOf(`of-${i}`, WEIGHTS) };
    });
    const [found, wanted] = await Promise.all(adapters);
    expect(found).toEqual(wanted);
  });

  it("lowers the loss of its examples", async () => {
    const trainer = await create({ trained: { ...lora, dropout: 0 }, dropout: 0, lr: 3e-2 });
    const { loss } = await trainer.step(batchOf(0));
    while (trainer.steps < 8) await trainer.step(batchOf(0));
    expect((await trainer.evaluate(batchOf(0))).loss).toBeLessThan(loss / 2);
    await trainer.close();
  });

  it.each(builds)("%s: resumes a saved run, bit for bit", async (simd) => {
    const straight = await create({ simd });
    const expected = await train(straight, 8);
    await straight.save(file("straight"));
    await straight.close();

    const before = await create({ simd });
    const losses = await train(before, 3);
    await before.save(file("resumed"), { cursor: 3 });
    await before.close();
    const after = await createTrainer({ model: file("resumed"), resume: true, threads: 4, simd });
    expect([after.steps, after.data]).toEqual([3, { cursor: 3 }]);
    expect(after.hyperparameters.trained).toEqual({ ...lora, dora: false, scaling: "rank", plusRatio: 1 });
    losses.push(...(await train(after, 8)));
    await after.save(file("resumed"));
    await after.close();

    expect(losses).toEqual(expected);
    expect(namesIn("resumed")).toEqual(["adapter_config.json", WEIGHTS, "optimizer-8.safetensors"]);
    for (const name of namesIn("resumed")) {
      expect(bytesOf("resumed", name).equals(bytesOf("straight", name)), name).toBe(true);
    }
  });

  it("is the same on any number of threads, and another for another seed", async () => {
    const [one, four, other] = [
      await create({ threads: 1 }),
      await create({ threads: 4 }),
      await create({ seed: 2 }),
    ];
    const losses = await train(one, 3);
    expect(await train(four, 3)).toEqual(losses);
    expect((await train(other, 3)).slice(1)).not.toEqual(losses.slice(1));
    await Promise.all([one, four, other].map((trainer) => trainer.close()));
  });

  it.each<[string, UniformConfig, string[]]>([
    ["gpt2", gpt2, ["c_attn", "mlp.c_proj"]],
    ["llama", llama, ["q_proj", "v_proj", "up_proj"]],
  ])("gives what %s gives with the adapter in its weights", async (name, _config, targets) => {
    const ids = [5, 4, 3, 2, 1, 9];
    const trainer = await create({ model: file(name), trained: { ...lora, targets } });
    const before = await trainer.createSession().append(ids);
    await train(trainer, 4);
    await trainer.save(file("merged"));
    const expected = await trainer.createSession().append(ids);
    const load = (scale: number) =>
      loadModel(file(name), { threads: 1, adapters: [{ path: file("merged"), scale }] });
    const [merged, without] = await Promise.all([load(1), load(0)]);
    const found = await merged.createSession().append(ids);
    const distance = (a: Float32Array, b: Float32Array) =>
      a.reduce((most, v, i) => Math.max(most, Math.abs(v - (b[i] ?? 0))), 0);
    expect(distance(found, expected)).toBeLessThan(2e-5);
    expect(distance(found, before)).toBeGreaterThan(0.05);
    expect(distance(await without.createSession().append(ids), before)).toBeLessThan(2e-5);
    await Promise.all([trainer.close(), merged.close(), without.close()]);
  });

  it("leaves the outputs of other modules in a fused weight alone", async () => {
    const trainer = await create({ model: file("llama"), trained: { ...lora, targets: ["k_proj"] } });
    await train(trainer, 2);
    await trainer.save(file("keys"));
    await trainer.close();
    const names = [...(await readTensors(file("keys"), WEIGHTS)).keys()];
    expect(names).toHaveLength(2 * llama.nLayer);
    expect(names.every((name) => /self_attn\.k_proj\.lora_[AB]\.weight$/.test(name))).toBe(true);
  });

  it("draws A within 1 / sqrt(inputs), and B zero", async () => {
    const trainer = await create();
    await trainer.save(file("fresh"));
    await trainer.close();
    const tensors = await readTensors(file("fresh"), WEIGHTS);
    for (const [name, values] of tensors) {
      const [least, most] = [Math.min(...values), Math.max(...values)];
      if (name.includes("lora_B")) expect([least, most]).toEqual([0, 0]);
      else {
        const bound = 1 / Math.sqrt(name.includes("mlp.c_proj") ? gpt2.nInner : gpt2.nEmbd);
        expect(most).toBeLessThanOrEqual(bound);
        expect(most).toBeGreaterThan(0.9 * bound);
        expect(least).toBeLessThan(-0.9 * bound);
      }
    }
  });

  it("takes memory for the adapter alone, and gives it back", async () => {
    const { memory } = Runtime.get("plain");
    const before = memory.allocated;
    const trainer = await create({ simd: "plain" });
    const adapter = memory.allocated - before;
    await train(trainer, 1);
    await trainer.close();
    expect(memory.allocated).toBe(before);
    const plan = await planTraining(file("gpt2"), false, { steps: 1, trained: lora });
    const planned = trainingMemory(decoderOf(gpt2), 1, weightBytes(plan.sources, plan.dtypeOf), plan.adapter);
    expect(adapter / planned.parameters).toBeCloseTo(1, 1);
    const whole = await create({ simd: "plain", trained: { kind: "all" } });
    expect(memory.allocated - before).toBeGreaterThan(2.5 * adapter);
    await whole.close();
    await expect(trainer.step(batchOf(0))).rejects.toThrow("the trainer is closed");
  });

  it.each<[Partial<TrainerOptions>, string]>([
    [{ trained: { kind: "adapter", rank: 0 } }, "rank must be a whole number from 1, found 0"],
    [{ trained: { kind: "adapter", alpha: 0 } }, "alpha must be a number above 0, found 0"],
    [{ trained: { kind: "adapter", dropout: 1 } }, "dropout must be a number from 0 to below 1"],
    [{ trained: { kind: "adapter", targets: [] } }, "targets must be a list of names of layers"],
    [
      { trained: { kind: "adapter", targets: ["q_proj"] } },
      'no linear layer is named "q_proj": they are c_attn, c_proj, c_fc',
    ],
    [{ trained: { kind: "adapter", targets: ["lm_head"] } }, 'no linear layer is named "lm_head"'],
    [{ trained: { kind: "adapter", r: 4 } as never }, "there is no option 'r'"],
    [{ trained: 4 as never }, "trained must be an object, found 4"],
    [{ trained: { kind: "lora" } as never }, "trained.kind must be one of all, some, adapter, found 'lora'"],
    [{ trained: { ...lora, freeze: ["wte*"] } as never }, "there is no option 'freeze'"],
  ])("refuses %j", async (options, message) => {
    expect((await rejectionOf(create(options))).message).toContain(message);
  });

  it("names the fault of a run that it cannot resume", async () => {
    const trainer = await create();
    await trainer.save(file("broken"));
    await trainer.close();
    const resume = (options: Partial<TrainerOptions> = {}) =>
      createTrainer({ model: file("broken"), resume: true, ...options });
    await (await resume({ trained: lora })).close();
    expect((await rejectionOf(resume({ trained: { kind: "adapter", rank: 5 } }))).message).toContain(
      "trained: the run that is resumed has another",
    );
    const config = JSON.parse(bytesOf("broken", "adapter_config.json").toString());
    const write = (changes: object) =>
      writeFileSync(file("broken", "adapter_config.json"), JSON.stringify({ ...config, ...changes }));
    write({ lora_alpha: 7 });
    expect((await rejectionOf(resume())).message).toContain("has another rank or scaling than the run");
    write({ base_model_name_or_path: null });
    expect((await rejectionOf(resume())).message).toContain("does not say which model is adapted");
    write({ base_model_name_or_path: "elsewhere" });
    expect((await rejectionOf(resume())).message).toContain('no model "elsewhere"');
  });
});
