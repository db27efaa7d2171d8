import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { createTrainer } from "../../src/train/create-trainer.ts";
import { builds } from "../compute/laboratory.ts";
import { temporaryFolder } from "../fixtures/temporary.ts";
import { describeWithShared, shared } from "../shared.ts";
import { readTensors } from "./tensors.ts";

interface Golden {
  readonly hyperparameters: {
    readonly steps: number;
    readonly lr: number;
    readonly min_lr: number;
    readonly warmup_steps: number;
    readonly betas: [number, number];
    readonly eps: number;
    readonly weight_decay: number;
    readonly clip_grad_norm: number;
  };
  readonly steps: readonly {
    readonly tokens: number[][];
    readonly lr: number;
    readonly loss: number;
    readonly grad_norm_before_clipping: number;
  }[];
}

const file = temporaryFolder();

describeWithShared("the golden training run", () => {
  it.each(builds)("%s: gives the reference's losses, gradient norms and weights", async (simd) => {
    const golden = JSON.parse(readFileSync(shared("models/golden/training/expected.json"), "utf8")) as Golden;
    const { min_lr, warmup_steps, weight_decay, clip_grad_norm, steps, lr, betas, eps } =
      golden.hyperparameters;
    const trainer = await createTrainer({
      model: shared("models/golden/training/init"),
      // Its schedule reaches the lowest rate one step after its last.
      ...{ steps: steps + 1, lr, betas, eps, minLr: min_lr, warmupSteps: warmup_steps },
      ...{ weightDecay: weight_decay, clipGradNorm: clip_grad_norm },
      ...{ threads: 2, simd },
    });
    for (const { tokens, ...expected } of golden.steps) {
      const result = await trainer.step(tokens);
      expect(Math.abs(result.loss - expected.loss)).toBeLessThan(1e-3);
      expect(result.lr).toBeCloseTo(expected.lr, 12);
      expect(result.gradNorm / expected.grad_norm_before_clipping).toBeGreaterThan(0.995);
      expect(result.gradNorm / expected.grad_norm_before_clipping).toBeLessThan(1.005);
    }
    await trainer.save(file(simd));
    await trainer.close();

    const [actual, expected] = await Promise.all([
      readTensors(file(simd)),
      readTensors(shared("models/golden/training"), "final.safetensors"),
    ]);
    expect([...actual.keys()].sort()).toEqual([...expected.keys()].sort());
    for (const [name, values] of expected) {
      const found = actual.get(name);
      const errors = values.map((value, i) => Math.abs(value - (found?.[i] ?? Number.NaN)));
      expect(Math.max(...errors)).toBeLessThan(2e-3);
    }
  });
});
