/** Adapters for a base whose weights are quantized, as QLoRA trains them (Dettmers et al. 2023). */
import { expect, it } from "vitest";
import { createTrainer } from "../../../src/train/create-trainer.ts";
import type { Quantization } from "../../../src/weights/dtype.ts";
import { rejectionOf } from "../../fixtures/errors.ts";
import { temporaryFolder } from "../../fixtures/temporary.ts";
import { describeWithShared } from "../../shared.ts";
import {
  expectNumbers,
  expectWeights,
  type GoldenHyperparameters,
  goldenPath,
  optionsOf,
  readGolden,
  tolerance,
} from "../alignment-golden.ts";
import { readTensors } from "../tensors.ts";

interface Golden {
  readonly hyperparameters: GoldenHyperparameters & { readonly rank: number; readonly lora_alpha: number };
  readonly target_modules: readonly string[];
  readonly batches: readonly number[][][];
  readonly runs: Readonly<Record<string, { readonly steps: readonly { readonly grad_norm: number }[] }>>;
  readonly float32_drift: Readonly<Record<string, Record<string, number>>>;
}

const file = temporaryFolder();

const BASES = [
  ["lora-q4_0", "q4_0", "model.gguf"],
  ["lora-nf4", "nf4", ""],
  ["lora-nf4", "nf4-double", ""],
] as const;

describeWithShared("an adapter of a quantized base, against the reference", () => {
  it.each(BASES)("%s %s: the same losses, gradients and matrices", async (folder, name, model) => {
    const golden = readGolden<Golden>(folder);
    const { rank, lora_alpha: alpha } = golden.hyperparameters;
    const init = goldenPath(folder, "adapter_init");
    await using trainer = await createTrainer({
      ...{ model: goldenPath(folder, name, model), ...optionsOf(golden.hyperparameters) },
      trained: { kind: "adapter", rank, alpha, targets: golden.target_modules, init },
    });
    const drift = golden.float32_drift[`runs.${name}`] ?? {};
    const { steps = [] } = golden.runs[name] ?? {};
    for (const [i, { grad_norm: gradNorm, ...expected }] of steps.entries()) {
      const result = await trainer.step(golden.batches[i] ?? []);
      const slack = { ...drift, gradNorm: drift.grad_norm };
      expectNumbers({ ...result }, { ...expected, gradNorm }, slack, `step ${i}`);
    }
    expect(steps.length).toBe(20);
    await trainer.save(file(name));
    const [found, expected] = await Promise.all([
      readTensors(file(name), "adapter_model.safetensors"),
      readTensors(goldenPath(folder, name, "adapter_final"), "adapter_model.safetensors"),
    ]);
    const { largest } = golden.float32_drift[`final weights of ${name}`] ?? {};
    await expectWeights(found, expected, tolerance(largest));
  });

  it("trains the adapter of the matrices that quantization in memory makes, with the same bits", async () => {
    const golden = readGolden<Golden>("lora-q4_0");
    const { rank, lora_alpha: alpha } = golden.hyperparameters;
    const init = goldenPath("lora-q4_0", "adapter_init");
    const lossesOf = async (model: string, quantization?: Quantization) => {
      const trained = { kind: "adapter", rank, alpha, targets: golden.target_modules, init } as const;
      const options = { model, ...optionsOf(golden.hyperparameters) };
      await using trainer = await createTrainer({ ...options, trained: { ...trained, quantization } });
      const losses: number[] = [];
      for (const batch of golden.batches.slice(0, 4)) losses.push((await trainer.step(batch)).loss);
      return losses;
    };
    const stored = goldenPath("lora-q4_0", "q4_0", "model.gguf");
    const losses = await lossesOf(stored);
    expect(await lossesOf(stored, "f32")).toEqual(losses);
    expect(await lossesOf(goldenPath("lora-q4_0", "original"), "f32")).not.toEqual(losses);
  });

  it("names an adapter of another rank, and a reference that would lack it", async () => {
    const model = goldenPath("lora-q4_0", "original");
    const init = goldenPath("lora-q4_0", "adapter_init");
    const problem = async (rank: number, objective?: { readonly kind: "dpo" }) => {
      const trained = { kind: "adapter", rank, alpha: 2 * rank, init } as const;
      return (await rejectionOf(createTrainer({ model, steps: 1, trained, objective }))).message;
    };
    expect(await problem(8)).toMatch(/has another rank or scaling than the run: its rank is 4/);
    expect(await problem(4, { kind: "dpo" })).toMatch(
      /belongs to its reference: merge it with gpt merge first/,
    );
  });
});
