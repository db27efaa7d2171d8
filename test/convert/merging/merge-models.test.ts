import { beforeAll, describe, expect, it } from "vitest";
import { TensorReader } from "../../../src/checkpoint/reader.ts";
import { readSafetensors } from "../../../src/checkpoint/safetensors.ts";
import { mergeModels } from "../../../src/convert/merging/merge-models.ts";
import { quantizeModel } from "../../../src/convert/quantize.ts";
import { rejectionOf } from "../../fixtures/errors.ts";
import { writeRandomDirectory } from "../../fixtures/random-checkpoint.ts";
import { gpt2, llama } from "../../fixtures/stored-config.ts";
import { temporaryFolder } from "../../fixtures/temporary.ts";

const file = temporaryFolder();

async function valuesOf(directory: string): Promise<Map<string, Float32Array>> {
  const reader = new TensorReader();
  const found = new Map<string, Float32Array>();
  for (const tensor of (await readSafetensors(`${directory}/model.safetensors`)).values()) {
    const bytes = new Uint8Array(tensor.byteLength);
    await reader.read(tensor, 0, bytes);
    found.set(tensor.name, new Float32Array(bytes.buffer));
  }
  await reader.close();
  return found;
}

beforeAll(() => {
  writeRandomDirectory(file("a"), llama, { seed: 1 });
  writeRandomDirectory(file("b"), llama, { seed: 2 });
  writeRandomDirectory(file("wide"), { ...llama, nInner: 2 * llama.nInner });
  writeRandomDirectory(file("gpt2"), gpt2);
});

describe("one model of several", () => {
  it("is the weighted mean of every tensor", async () => {
    await mergeModels([file("a"), file("b")], file("mean"), { method: "average", weights: [1, 3] });
    const [a, b, mean] = [await valuesOf(file("a")), await valuesOf(file("b")), await valuesOf(file("mean"))];
    expect([...mean.keys()].sort()).toEqual([...a.keys()].sort());
    for (const [name, values] of mean) {
      for (const [i, value] of values.entries()) {
        const expected = ((a.get(name)?.[i] ?? 0) + 3 * (b.get(name)?.[i] ?? 0)) / 4;
        expect(Math.abs(value - expected), name).toBeLessThan(1e-6);
      }
    }
  });

  it("is the same of a GGUF file, whose rows have another order", async () => {
    await quantizeModel(file("b"), file("b.gguf"), "f32");
    await mergeModels([file("a"), file("b")], file("one"), { method: "slerp", t: 0.3 });
    await mergeModels([file("a"), file("b.gguf")], file("two"), { method: "slerp", t: 0.3 });
    expect(await valuesOf(file("two"))).toEqual(await valuesOf(file("one")));
  });

  it("is the model itself for the only change of a base", async () => {
    const steps: number[] = [];
    const onProgress = (done: number) => steps.push(done);
    await mergeModels([file("b")], file("task"), { method: "task-arithmetic", base: file("a"), onProgress });
    const [b, task] = [await valuesOf(file("b")), await valuesOf(file("task"))];
    for (const [name, values] of task) {
      for (const [i, value] of values.entries()) expect(value).toBeCloseTo(b.get(name)?.[i] ?? 0, 5);
    }
    expect(steps).toEqual(Array.from(b.keys(), (_, i) => i + 1));
  });

  it.each<[string, readonly string[], Parameters<typeof mergeModels>[2], string]>([
    ["one model", ["a"], { method: "average" }, "average: expected at least two models"],
    ["three for slerp", ["a", "b", "a"], { method: "slerp" }, "slerp: expected 2 models, found 3"],
    ["no base", ["a", "b"], { method: "ties" }, "ties: which base?"],
    ["a base of none", ["a", "b"], { method: "average", base: "a" }, "average: has no base"],
    ["a foreign setting", ["a", "b"], { method: "average", t: 1 }, "average: has no t"],
    ["few weights", ["a", "b"], { method: "average", weights: [1] }, "a weight for each of 2 models"],
    ["no sum", ["a", "b"], { method: "average", weights: [1, -1] }, "the sum of the weights is 0"],
    ["no share", ["a", "b"], { method: "slerp", t: 2 }, "t must be a number from 0 to 1, found 2"],
    ["another family", ["a", "gpt2"], { method: "average" }, "its family is gpt2, not llama"],
    ["another width", ["a", "wide"], { method: "average" }, "blocks.0.mlp.up.weight"],
  ])("refuses %s", async (_name, models, options, message) => {
    const paths = models.map((name) => file(name));
    const error = await rejectionOf(mergeModels(paths, file("never"), options));
    expect([error.code, error.message]).toEqual(["usage", expect.stringContaining(message)]);
  });
});
