import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { Runtime } from "../../src/compute/runtime.ts";
import { quantizeModel } from "../../src/convert/quantize.ts";
import { createTrainer, type TrainerOptions } from "../../src/train/create-trainer.ts";
import type { Example } from "../../src/train/examples.ts";
import { rejectionOf } from "../fixtures/errors.ts";
import { writeRandomGguf } from "../fixtures/random-checkpoint.ts";
import { gpt2, llama } from "../fixtures/stored-config.ts";
import { batchOf, shortRuns, train } from "./short-run.ts";
import { readTensors } from "./tensors.ts";

const { file, create, weightsOf } = shortRuns();

/** The losses of three steps, and the files that they leave. */
async function trainedFrom(model: string, name: string) {
  const trainer = await create({ model });
  const losses = await train(trainer, 3);
  await trainer.save(file(name));
  await trainer.close();
  const files = readdirSync(file(name)).map((found) => [found, readFileSync(file(name, found))] as const);
  return [losses, Object.fromEntries(files)] as const;
}

describe("a trainer", () => {
  it.each([gpt2, llama])("$family: trains a GGUF file as its directory", async (config) => {
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

  it("lowers the loss of its examples", async () => {
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

  it("leaves frozen weights as they are, and trains the others as without", async () => {
    const [whole, part] = [
      await create({ steps: 1 }),
      await create({
        steps: 1,
        trained: { kind: "some", freeze: ["wte.weight", "wpe*", "h.0.*", "*.bias"] },
      }),
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
    expect(resumed.hyperparameters.trained).toMatchObject({ kind: "some", freeze: { length: 4 } });
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
    [{ contextSize: 81 }, "contextSize 81"],
    [{ schedule: "cosin" as "cosine" }, "schedule must be one of cosine, linear, constant, wsd"],
    [{ momentum: 1 } as Partial<TrainerOptions>, "there is no option 'momentum'"],
    [
      { trained: { kind: "some", freeze: ["h.7.*"] } },
      'freeze: no weight is named "h.7.*"; the first is named "wte.weight"',
    ],
    [{ trained: { kind: "some", freeze: ["*"] } }, "freeze: all weights are frozen"],
    [{ resume: true }, "holds a model but no run to resume"],
  ])("refuses %j", async (options, message) => {
    expect((await rejectionOf(create(options))).message).toContain(message);
  });

  it("refuses to keep zeros where no weight is trained", async () => {
    const error = await rejectionOf(create({ keepZeros: true, trained: { kind: "adapter", rank: 2 } }));
    expect(error.message).toMatch(/keepZeros: an adapter leaves all weights as they are/);
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
