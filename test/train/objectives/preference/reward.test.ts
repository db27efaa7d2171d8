import { expect, it } from "vitest";
import { createTrainer } from "../../../../src/train/create-trainer.ts";
import { temporaryFolder } from "../../../fixtures/temporary.ts";
import { describeWithShared } from "../../../shared.ts";
import {
  expectNumbers,
  expectWeights,
  type GoldenHyperparameters,
  goldenPath,
  optionsOf,
  readGolden,
  tolerance,
} from "../../alignment-golden.ts";
import { readTensors } from "../../tensors.ts";

interface Pair {
  readonly prompt: number[];
  readonly chosen: number[];
  readonly rejected: number[];
}

interface RewardStep {
  readonly pairs: readonly Pair[];
  readonly loss: number;
  readonly grad_norm: number;
  readonly loss_with_margins: { readonly margins: number[]; readonly loss: number };
  readonly loss_with_center_rewards_coefficient: { readonly coefficient: number; readonly loss: number };
}

interface Golden {
  readonly hyperparameters: GoldenHyperparameters;
  readonly steps: readonly RewardStep[];
  readonly float32_drift: {
    readonly steps: Record<string, number>;
    readonly "final weights of reward": { readonly largest: number };
  };
}

const file = temporaryFolder();
const model = goldenPath("reward", "init");

describeWithShared("a reward model", () => {
  it("gives the reference's losses, metrics, gradients and weights", async () => {
    const golden = readGolden<Golden>("reward");
    const { steps: drift, "final weights of reward": weights } = golden.float32_drift;
    const options = optionsOf(golden.hyperparameters);
    await using trainer = await createTrainer({ model, ...options, objective: { kind: "reward" } });
    for (const [i, { pairs, grad_norm, ...expected }] of golden.steps.entries()) {
      const { metrics, gradNorm, ...result } = await trainer.step(pairs);
      const figures = { ...expected, gradNorm: grad_norm };
      const { grad_norm: slack } = drift;
      expectNumbers({ ...result, gradNorm, ...metrics }, figures, { ...drift, gradNorm: slack }, `step ${i}`);
    }
    await trainer.save(file("final"));
    const [found, expected] = await Promise.all([
      readTensors(file("final")),
      readTensors(goldenPath("reward"), "final.safetensors"),
    ]);
    await expectWeights(found, expected, tolerance(weights.largest), ["ln_f.bias"]);
  });

  it("knows margins, and keeps rewards near zero", async () => {
    const { hyperparameters, steps } = readGolden<Golden>("reward");
    const [{ pairs, loss_with_margins: margins, loss_with_center_rewards_coefficient: centred }] = steps as [
      RewardStep,
    ];
    const options = optionsOf(hyperparameters);
    await using trainer = await createTrainer({ model, ...options, objective: { kind: "reward" } });
    const batch = pairs.map((pair, i) => ({ ...pair, margin: margins.margins[i] }));
    expect((await trainer.evaluate(batch)).loss).toBeCloseTo(margins.loss, 5);
    const objective = { kind: "reward", centerRewardsCoefficient: centred.coefficient } as const;
    await using other = await createTrainer({ model, ...options, objective });
    expect((await other.evaluate(pairs)).loss).toBeCloseTo(centred.loss, 5);
  });
});
