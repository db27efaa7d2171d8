import { copyFileSync, mkdirSync, readdirSync, readFileSync, unlinkSync, writeFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { openCheckpoint } from "../../src/checkpoint/open.ts";
import { Runtime } from "../../src/compute/runtime.ts";
import { loadModel } from "../../src/load-model.ts";
import { quantizeModel } from "../../src/quantize/quantize.ts";
import { createTrainer, type TrainerOptions } from "../../src/train/create-trainer.ts";
import type { Example } from "../../src/train/examples.ts";
import type { Trainer } from "../../src/train/trainer.ts";
import { builds } from "../compute/laboratory.ts";
import { rejectionOf } from "../fixtures/errors.ts";
import { temporaryFolder } from "../fixtures/temporary.ts";
import { writeRandomDirectory, writeRandomGguf } from "../model/random-checkpoint.ts";
import { gpt2, llama, openAiGpt } from "../model/stored-config.ts";
import { TestRandom } from "../reference/random.ts";
import { readTensors } from "./tensors.ts";

const file = temporaryFolder();
const common = { steps: 8, lr: 1e-2, warmupSteps: 2, dropout: 0.1, threads: 2 } as const;

beforeAll(() => {
  writeRandomDirectory(file("gpt2"), gpt2);
  writeFileSync(file("gpt2", "generation_config.json"), '{"eos_token_id":7}');
});

/** Batch of a step: two sequences, the same in every run. */
function batchOf(step: number): number[][] {
  const random = new TestRandom(step);
  return [9, 5].map((length) => Array.from({ length }, () => random.integer(gpt2.vocabSize)));
}

async function train(trainer: Trainer, until: number): Promise<number[]> {
  const losses: number[] = [];
  while (trainer.steps < until) losses.push((await trainer.step(batchOf(trainer.steps))).loss);
  return losses;
}

const create = (options: Partial<TrainerOptions> = {}) =>
  createTrainer({ model: file("gpt2"), ...common, ...options });

/** The losses of three steps, and the files that they leave. */
async function trainedFrom(model: string, name: string) {
  const trainer = await create({ model });
  const losses = await train(trainer, 3);
  await trainer.save(file(name));
  await trainer.close();
  const files = readdirSync(file(name)).map((found) => [found, readFileSync(file(name, found))] as const);
  return [losses, Object.fromEntries(files)] as const;
}

const weightsOf = (directory: string) => readFileSync(file(directory, "model.safetensors"));

describe("a trainer", () => {
  it.each([gpt2, llama])("$family: makes of a GGUF file what it makes of its directory", async (config) => {
    const [start, directory] = [file(`${config.family}.gguf`), file(`${config.family}-directory`)];
    writeRandomGguf(start, config);
    await quantizeModel(start, directory, "f32");
    const [losses, files] = await trainedFrom(directory, "from-directory");
    expect(await trainedFrom(start, "from-file")).toEqual([losses, files]);
    expect(losses).toHaveLength(3);
    const resumed = await createTrainer({ model: file("from-file"), resume: true, threads: 1 });
    expect(resumed.steps).toBe(3);
    await resumed.close();
  });

  it("learns what it is shown", async () => {
    const trainer = await create({ dropout: 0 });
    const batch = batchOf(0);
    const first = await trainer.step(batch);
    expect(first).toMatchObject({ step: 0, lr: 5e-3 });
    while (trainer.steps < 8) await trainer.step(batch);
    const { loss, targets } = await trainer.evaluate(batch);
    expect(targets).toBe(12);
    expect(loss).toBeLessThan(first.loss / 2);
    await trainer.close();
  });

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

  it("leaves frozen weights as they are, and trains the others as without", async () => {
    const [whole, part] = [
      await create({ steps: 1 }),
      await create({ steps: 1, freeze: ["wte.weight", "wpe*", "h.0.*", "*.bias"] }),
    ];
    const results = [await whole.step(batchOf(0)), await part.step(batchOf(0))];
    expect(results[1]?.loss).toBe(results[0]?.loss);
    expect(results[1]?.gradNorm).toBeLessThan(results[0]?.gradNorm ?? 0);
    await part.save(file("frozen"));
    await Promise.all([whole.close(), part.close()]);
    const [before, after] = await Promise.all(
      [file("gpt2"), file("frozen")].map((path) => readTensors(path)),
    );
    const changed = [...(before ?? [])].filter(
      ([name, values]) => String(after?.get(name)) !== String(values),
    );
    const trained = changed.map(([name]) => name);
    expect(trained).toContain("h.1.attn.c_attn.weight");
    expect(trained.filter((name) => /^w|^h\.0|bias$/.test(name))).toEqual([]);
    const resumed = await createTrainer({ model: file("frozen"), resume: true });
    expect(resumed.hyperparameters.freeze).toHaveLength(4);
    await resumed.close();
  });

  it("gives a batch the same gradient however many sequences go through the model at once", async () => {
    const whole = await create({ dropout: 0 });
    const parts = await create({ dropout: 0, microBatchTokens: 1 });
    const [a, b] = [await whole.step(batchOf(0)), await parts.step(batchOf(0))];
    expect(b.loss).toBeCloseTo(a.loss, 6);
    expect(b.gradNorm / a.gradNorm).toBeCloseTo(1, 5);
    await Promise.all([whole.close(), parts.close()]);
  });

  it("learns only from ids that have a label", async () => {
    const [ids] = batchOf(0) as [number[]];
    const labels = ids.map((id, i) => (i < 5 ? -100 : id));
    const trainer = await create({ dropout: 0 });
    const masked = await trainer.evaluate([{ ids, labels }]);
    const [all, head] = [await trainer.evaluate([ids]), await trainer.evaluate([ids.slice(0, 5)])];
    expect(masked.targets).toBe(4);
    expect(masked.loss * 4).toBeCloseTo(all.loss * 8 - head.loss * 4, 4);
    await trainer.close();
  });

  it("leaves everything as it was when the loss is no number", async () => {
    const trainer = await create();
    await trainer.step(batchOf(0), { lr: 1e30 });
    await trainer.save(file("before"));
    const error = await rejectionOf(trainer.step(batchOf(1)));
    expect(error.message).toMatch(
      /^training has diverged: in step 2 the (loss|gradient's length) is (NaN|Infinity): begin again with/,
    );
    expect(trainer.steps).toBe(1);
    await trainer.save(file("after"));
    expect(weightsOf("after").equals(weightsOf("before"))).toBe(true);
    await trainer.close();
  });

  it("does not begin a step that is aborted", async () => {
    const trainer = await create();
    const reason = new Error("enough");
    await expect(trainer.step(batchOf(0), { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(trainer.steps).toBe(0);
    await trainer.close();
  });

  it("can be aborted in the midst of a step, and then does it over", async () => {
    const [trainer, twin] = [await create(), await create()];
    let pauses = 0;
    const runtime = Runtime.get(trainer.simd);
    const pause = runtime.pause;
    const controller = new AbortController();
    runtime.pause = async (signal) => {
      if (++pauses === 25) controller.abort(new Error("now"));
      signal?.throwIfAborted();
    };
    await expect(trainer.step(batchOf(0), { signal: controller.signal })).rejects.toThrow("now");
    runtime.pause = pause;
    expect(pauses).toBe(25);
    expect(trainer.steps).toBe(0);
    expect(await train(trainer, 3)).toEqual(await train(twin, 3));
    await Promise.all([trainer.close(), twin.close()]);
  });

  it("gives back all memory", async () => {
    const { memory } = Runtime.get("plain");
    const before = memory.allocated;
    const trainer = await create({ simd: "plain" });
    await train(trainer, 1);
    await trainer.close();
    await trainer.close();
    const scratch = 16 << 20;
    expect(memory.allocated - before).toBeLessThanOrEqual(scratch);
    await expect(trainer.step(batchOf(0))).rejects.toThrow("the trainer is closed");
  });

  it.each<[Partial<TrainerOptions>, string]>([
    [{ steps: 0 }, "steps must be a whole number from 1, found 0"],
    [{ lr: -1 }, "lr must be a number from 0, found -1"],
    [{ betas: [0.9, 1] }, "betas must be two numbers from 0 to below 1"],
    [{ dropout: 1 }, "dropout must be a number from 0 to below 1, found 1"],
    [{ minLr: 1 }, "minLr 1 must be at most lr, 0.01"],
    [{ threads: 0 }, "threads 0"],
    [{ contextSize: 81 }, "context size 81"],
    [{ schedule: "cosin" as "cosine" }, "schedule must be one of cosine, linear, constant, wsd"],
    [{ momentum: 1 } as Partial<TrainerOptions>, "there is no option 'momentum'"],
    [{ freeze: ["h.7.*"] }, 'freeze: no weight is named "h.7.*"; the first is named "wte.weight"'],
    [{ freeze: ["*"] }, "freeze: all weights are frozen"],
    [{ resume: true }, "holds a model but no run to resume"],
  ])("refuses %j", async (options, message) => {
    expect((await rejectionOf(create(options))).message).toContain(message);
  });

  it("refuses a run without an end", async () => {
    const error = await rejectionOf(createTrainer({ model: file("gpt2") }));
    expect(error.message).toBe("steps is missing: say how many steps the run has");
  });

  it.each<[readonly Example[], string]>([
    [[], "a batch needs at least one example"],
    [[[1, 2], [3]], "batch[1]: 1 token ids"],
    [[{ ids: [1, 2], labels: [1, -100] }], "a batch needs at least one id that is to be predicted"],
  ])("refuses batch %j", async (batch, message) => {
    const trainer = await create();
    expect((await rejectionOf(trainer.step(batch))).message).toContain(message);
    await trainer.close();
  });
});
