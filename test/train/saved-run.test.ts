import { copyFileSync, mkdirSync, readdirSync, readFileSync, unlinkSync, writeFileSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { describe, expect, it, vi } from "vitest";
import { openCheckpoint } from "../../src/checkpoint/open.ts";
import { Runtime } from "../../src/compute/runtime.ts";
import { loadModel } from "../../src/library/load-model.ts";
import { createTrainer } from "../../src/train/create-trainer.ts";
import { builds } from "../compute/laboratory.ts";
import { rejectionOf } from "../fixtures/errors.ts";
import { writeRandomDirectory } from "../fixtures/random-checkpoint.ts";
import { gpt2, llama, openAiGpt } from "../fixtures/stored-config.ts";
import { batchOf, shortRuns, train } from "./short-run.ts";

const { file, create, weightsOf } = shortRuns();

describe("a trainer, saved", () => {
  it.each(builds)("%s: resumes a saved run, bit for bit", async (simd) => {
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

  it("names the fault of a damaged run", async () => {
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

  it("keeps the last state if it cannot write the next", async () => {
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

  it("saves a model with the same logits", async () => {
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

  it("resumes a run of version 0.1, which has three other fields", async () => {
    const frozen = { kind: "some", freeze: ["wte*"] } as const;
    const trainer = await create({ trained: frozen });
    const expected = await train(trainer, 2);
    await trainer.close();
    const before = await create({ trained: frozen });
    await train(before, 1);
    await before.save(file("earlier"));
    await before.close();
    const path = file("earlier", "optimizer-1.safetensors");
    const bytes = readFileSync(path);
    const size = Number(bytes.readBigUInt64LE(0));
    const head = JSON.parse(bytes.subarray(8, 8 + size).toString());
    const { trained, objective, ...others } = JSON.parse(head.__metadata__.hyperparameters);
    expect([trained, objective]).toEqual([frozen, { kind: "language" }]);
    const earlier = { ...others, freeze: frozen.freeze, lora: null, classification: null };
    head.__metadata__.hyperparameters = JSON.stringify(earlier);
    const json = Buffer.from(JSON.stringify(head));
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(json.length));
    writeFileSync(path, Buffer.concat([length, json, bytes.subarray(8 + size)]));
    const resumed = await createTrainer({ model: file("earlier"), resume: true, threads: 1 });
    expect(resumed.hyperparameters).toMatchObject({ trained: frozen, objective: { kind: "language" } });
    expect(await train(resumed, 2)).toEqual(expected.slice(1));
    await resumed.close();
  });

  it("leaves a whole state behind whichever write fails", async () => {
    const handle = await open(file("gpt2", "config.json"));
    const prototype: FileHandle = Object.getPrototypeOf(handle);
    await handle.close();
    const trainer = await create();
    await trainer.save(file("full"), 0);
    await train(trainer, 1);
    let failures = 0;
    for (let n = 1, isSaved = false; !isSaved; n++) {
      let writes = 0;
      const write = prototype.write;
      const spy = vi.spyOn(prototype, "write").mockImplementation(function (
        this: FileHandle,
        ...args: unknown[]
      ) {
        if (++writes < n) return Reflect.apply(write, this, args);
        return Promise.reject(Object.assign(new Error("full"), { code: "ENOSPC", syscall: "write" }));
      });
      const error = await trainer.save(file("full"), 1).then(
        () => undefined,
        (error) => error,
      );
      spy.mockRestore();
      isSaved = error === undefined;
      const resumed = await createTrainer({ model: file("full"), resume: true, threads: 1 });
      expect([resumed.steps, resumed.data]).toEqual(isSaved ? [1, 1] : [0, 0]);
      await resumed.close();
      expect(readdirSync(file("full")).some((name) => name.endsWith(".tmp"))).toBe(false);
      if (isSaved) break;
      failures++;
      expect(error).toMatchObject({
        code: "resource",
        message: expect.stringContaining("no room on the disk"),
      });
    }
    await trainer.close();
    expect(failures).toBeGreaterThan(5);
  });
});

describe("a step", () => {
  it("leaves the model as it was at whichever pause it is stopped", async () => {
    const whole = await create();
    const expected = await train(whole, 3);
    await whole.close();
    const trainer = await create();
    const losses = await train(trainer, 1);
    const runtime = Runtime.get(trainer.simd);
    let failures = 0;
    for (let n = 1; trainer.steps === 1; n++) {
      let pauses = 0;
      const pause = runtime.pause.bind(runtime);
      const spy = vi.spyOn(runtime, "pause").mockImplementation(async (signal) => {
        if (signal !== undefined && ++pauses === n) throw new Error("stopped");
        await pause(undefined);
      });
      const { signal } = new AbortController();
      const result = await trainer.step(batchOf(1), { signal }).catch(() => undefined);
      spy.mockRestore();
      if (result) losses.push(result.loss);
      else failures++;
    }
    losses.push(...(await train(trainer, 3)));
    expect(losses).toEqual(expected);
    expect(failures).toBeGreaterThan(20);
    await trainer.close();
  });
});
