/** Models with NF4 in memory: chosen at load, or as bitsandbytes stores it. */
import { expect, it } from "vitest";
import { loadModel } from "../../src/library/load-model.ts";
import { createTrainer } from "../../src/train/create-trainer.ts";

const ids = [5, 9, 200, 31, 7, 7, 1024, 3, 64, 12];

it("a model in NF4 predicts nearly as in f32", async () => {
  const scoresOf = async (quantization?: "nf4" | "f32") => {
    await using model = await loadModel("stories", { quantization });
    const session = model.createSession();
    return await session.append(ids);
  };
  const [exact, coded] = [await scoresOf("f32"), await scoresOf("nf4")];
  const dot = (a: Float32Array, b: Float32Array) => a.reduce((sum, v, i) => sum + v * (b[i] ?? 0), 0);
  const norm = (a: Float32Array) => Math.sqrt(dot(a, a));
  expect(coded).not.toEqual(exact);
  expect(dot(exact, coded) / (norm(exact) * norm(coded))).toBeGreaterThan(0.98);
});

it("an adapter of a model in NF4 learns, and the model's own loss is that of NF4", async () => {
  const trained = { kind: "adapter", rank: 4, quantization: "nf4" } as const;
  await using trainer = await createTrainer({ model: "stories", steps: 6, lr: 3e-3, trained });
  const losses: number[] = [];
  for (let step = 0; step < 6; step++) losses.push((await trainer.step([ids])).loss);
  const exact = await lossOf("f32");
  expect(losses[0]).not.toBe(exact);
  expect(Math.abs((losses[0] ?? 0) - exact)).toBeLessThan(0.5);
  expect(losses.at(-1)).toBeLessThan((losses[0] ?? 0) - 0.3);
});

async function lossOf(quantization: "f32"): Promise<number> {
  const trained = { kind: "adapter", rank: 4, quantization } as const;
  await using trainer = await createTrainer({ model: "stories", steps: 1, trained });
  return (await trainer.step([ids])).loss;
}
