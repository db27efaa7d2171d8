import { copyFileSync, mkdirSync, readdirSync, readFileSync, unlinkSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { openCheckpoint } from "../../src/checkpoint/open.ts";
import { loadModel } from "../../src/library/load-model.ts";
import { createTrainer } from "../../src/train/create-trainer.ts";
import { builds } from "../compute/laboratory.ts";
import { rejectionOf } from "../fixtures/errors.ts";
import { writeRandomDirectory } from "../fixtures/random-checkpoint.ts";
import { gpt2, llama, openAiGpt } from "../fixtures/stored-config.ts";
import { shortRuns, train } from "./short-run.ts";

const { file, create, weightsOf } = shortRuns();

describe("a trainer, saved", () => {
  it.each(builds)("%s: goes on where it was saved, bit for bit", async (simd) => {
    const straight = await create({ simd });
    const expected = await train(straight, 8);
    await straight.save(file("straight"));
    await straight.close();

    const before = await create({ simd });
    const losses = await train(before, 3);
    await before.save(file("resumed"), { cursor: 3 });
    await train(before, 5);
    await before.close();
    const after = await createTrainer({ model: file("resumed"), resume: true, threads: 4, simd });
    expect(after.steps).toBe(3);
    expect(after.data).toEqual({ cursor: 3 });
    expect(after.hyperparameters).toMatchObject({ steps: 8, lr: 1e-2, minLr: 1e-3, dropout: 0.1 });
    losses.push(...(await train(after, 8)));
    await after.save(file("resumed"));
    await after.close();
    expect(losses).toEqual(expected);
    expect(weightsOf("resumed").equals(weightsOf("straight"))).toBe(true);
    const optimizerOf = (directory: string) => readFileSync(file(directory, "optimizer-8.safetensors"));
    expect(optimizerOf("resumed").equals(optimizerOf("straight"))).toBe(true);
    expect(readdirSync(file("resumed")).sort()).toEqual([
      "config.json",
      "generation_config.json",
      "model.safetensors",
      "optimizer-8.safetensors",
    ]);
  });

  it("goes on from the last whole state when a save was cut off", async () => {
    const trainer = await create();
    await train(trainer, 2);
    await trainer.save(file("cut"), "whole");
    await train(trainer, 4);
    await trainer.save(file("later"), "later");
    await trainer.close();
    // As it is when the process is killed before the weights take their place.
    copyFileSync(file("later", "optimizer-4.safetensors"), file("cut", "optimizer-4.safetensors"));
    const resumed = await createTrainer({ model: file("cut"), resume: true, threads: 1 });
    expect([resumed.steps, resumed.data]).toEqual([2, "whole"]);
    await train(resumed, 4);
    await resumed.save(file("cut"));
    await resumed.close();
    expect(weightsOf("cut").equals(weightsOf("later"))).toBe(true);
    expect(readdirSync(file("cut")).filter((name) => name.startsWith("optimizer"))).toEqual([
      "optimizer-4.safetensors",
    ]);
  });

  it("says what is wrong with a saved run", async () => {
    const trainer = await create();
    await trainer.save(file("broken"));
    await trainer.close();
    const resume = () => createTrainer({ model: file("broken"), resume: true });
    const path = file("broken", "optimizer-0.safetensors");
    const whole = readFileSync(path);
    writeFileSync(path, whole.subarray(0, whole.length - 1));
    expect((await rejectionOf(resume())).code).toBe("invalid-file");
    writeFileSync(
      path,
      Buffer.from(whole.toString("latin1").replace('"lr\\":0.01', '"lr\\":-0.1'), "latin1"),
    );
    expect((await rejectionOf(resume())).message).toContain("lr must be a number from 0, found -0.1");
    writeFileSync(
      path,
      Buffer.from(whole.toString("latin1").replace("exp_avg.wte", "exp_avg.wtf"), "latin1"),
    );
    expect((await rejectionOf(resume())).message).toContain("exp_avg.wte.weight is missing");
    unlinkSync(path);
    expect((await rejectionOf(resume())).code).toBe("not-found");
  });

  it("leaves the last state as it was where it cannot write the next", async () => {
    const trainer = await create();
    await trainer.save(file("kept"), 1);
    const before = readdirSync(file("kept"));
    mkdirSync(file("kept", "optimizer-1.safetensors"));
    await train(trainer, 1);
    expect((await rejectionOf(trainer.save(file("kept"), 2))).code).toBe("resource");
    await trainer.close();
    expect(readdirSync(file("kept"))).toEqual([...before, "optimizer-1.safetensors"].sort());
    const resumed = await createTrainer({ model: file("kept"), resume: true });
    expect(resumed.data).toBe(1);
    await resumed.close();
  });

  it("saves what a model reads: the same logits as before", async () => {
    const trainer = await create();
    await train(trainer, 2);
    const ids = [1, 2, 3];
    const expected = await trainer.createSession().append(ids);
    await trainer.save(file("saved"));
    const model = await loadModel(file("saved"), { threads: 1, simd: trainer.simd });
    expect(await model.createSession().append(ids)).toEqual(expected);
    await model.close();
    await trainer.close();
  });

  it.each([
    ["openai-gpt", openAiGpt, "F32"],
    ["llama", { ...llama, tiedHead: true }, "F16"],
    ["qwen2", { ...llama, family: "qwen2", qkvBias: true }, "BF16"],
    ["gpt2", { ...gpt2, tiedHead: false }, "F32"],
  ] as const)("saves %s as it was stored, but for the type", async (family, config, dtype) => {
    writeRandomDirectory(file(family), config, { dtype });
    const trainer = await create({ model: file(family) });
    await trainer.save(file("copy"));
    await trainer.close();
    const [from, to] = await Promise.all([openCheckpoint(file(family)), openCheckpoint(file("copy"))]);
    const shapes = ({ tensors }: typeof from) =>
      [...tensors.values()].map(({ name, shape }) => [name, shape]).sort();
    expect(shapes(to)).toEqual(shapes(from));
    const ids = [5, 4, 3, 2, 1];
    const models = await Promise.all(
      [file(family), file("copy")].map((path) => loadModel(path, { threads: 1 })),
    );
    const [a, b] = await Promise.all(models.map((model) => model.createSession().append(ids)));
    expect(b).toEqual(a);
    await Promise.all(models.map((model) => model.close()));
  });
});
