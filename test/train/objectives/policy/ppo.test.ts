import { expect, it } from "vitest";
import { createTrainer } from "../../../../src/train/create-trainer.ts";
import { advantagesOf, rewardsOf } from "../../../../src/train/objectives/policy/advantages.ts";
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

interface Rollout {
  readonly prompt: number[];
  readonly response: number[];
  readonly logprobs: number[];
  readonly ref_logprobs: number[];
  readonly values: number[];
  readonly score: number;
}

type Lists = readonly (readonly number[])[];

interface Rewards {
  readonly rewards: Lists;
  readonly returns: Lists;
  readonly whitened_advantages: Lists;
}

interface Golden extends Rewards {
  readonly hyperparameters: Omit<GoldenHyperparameters, "steps"> &
    Readonly<Record<"kl_coef" | "gamma" | "lam" | "cliprange" | "vf_coef" | "cliprange_value", number>>;
  readonly rollouts: readonly Rollout[];
  readonly objective: Readonly<Record<string, number>>;
  readonly variants_of_rewards: Readonly<Record<"kl_estimator_k3" | "whiten_rewards", Rewards>>;
  readonly steps: readonly { readonly rollouts: number[]; readonly grad_norm: number }[];
  readonly ptx_first_minibatch: {
    readonly ptx_coef: number;
    readonly texts: number[][];
    readonly ptx_loss: number;
    readonly loss: number;
    readonly grad_norm: number;
  };
  readonly float32_drift: Readonly<Record<string, Record<string, number>>>;
}

const file = temporaryFolder();
/** Figures that take a gradient of their own. */
const ALONE = ["policy_gradient_norm_alone", "value_gradient_norm_alone", "epoch"];

const examplesOf = ({ rollouts }: Golden) =>
  rollouts.map(({ ref_logprobs: refLogprobs, ...rollout }) => ({ ...rollout, refLogprobs }));

const objectiveOf = ({ hyperparameters: h }: Golden) =>
  ({
    kind: "ppo",
    ...{ klCoef: h.kl_coef, gamma: h.gamma, lam: h.lam, vfCoef: h.vf_coef },
    ...{ cliprange: h.cliprange, cliprangeValue: h.cliprange_value },
  }) as const;

const trainerOf = (golden: Golden, ptxCoef?: number) =>
  createTrainer({
    ...{ model: goldenPath("ppo", "init"), objective: { ...objectiveOf(golden), ptxCoef } },
    ...{ ...optionsOf({ ...golden.hyperparameters, steps: golden.steps.length }), schedule: "constant" },
  });

describeWithShared("proximal policy optimisation, against the reference", () => {
  it.each([
    ["as they are", {}, (golden: Golden) => golden],
    ["by k3", { klEstimator: "k3" }, (golden: Golden) => golden.variants_of_rewards.kl_estimator_k3],
    ["whitened", { whitenRewards: true }, (golden: Golden) => golden.variants_of_rewards.whiten_rewards],
  ] as const)("gives the advantages of rewards %s", (_, change, expectedOf) => {
    const golden = readGolden<Golden>("ppo");
    const { rewards, returns, whitened_advantages } = expectedOf(golden);
    const settings = { klEstimator: "k1", whitenRewards: false, ...objectiveOf(golden), ...change } as const;
    const rollouts = examplesOf(golden);
    for (const [i, found] of advantagesOf(rollouts, settings).entries()) {
      near(found.advantages, whitened_advantages[i] ?? []);
      near(found.returns, returns[i] ?? []);
      if (settings.whitenRewards) continue;
      near(rewardsOf(rollouts[i] as (typeof rollouts)[0], settings), rewards[i] ?? []);
    }
  });

  it("gives the losses, gradients and weights of all epochs", async () => {
    const golden = readGolden<Golden>("ppo");
    const batch = examplesOf(golden);
    await using trainer = await trainerOf(golden);
    const drift = golden.float32_drift.steps ?? {};
    for (const [i, { rollouts: rows, grad_norm: gradNorm, ...expected }] of golden.steps.entries()) {
      const { metrics, ...result } = await trainer.step(batch, { rows });
      const shown = Object.entries(expected).filter(([name]) => !ALONE.includes(name));
      const figures = { ...Object.fromEntries(shown), gradNorm };
      expectNumbers({ ...result, ...metrics }, figures, { ...drift, gradNorm: drift.grad_norm }, `step ${i}`);
    }
    expect(golden.steps.length).toBe(8);
    await trainer.save(file("final"));
    const { largest } = golden.float32_drift["final weights of steps"] ?? {};
    for (const [own, other] of [
      ["model.safetensors", "final.safetensors"],
      ["value_head.safetensors", "final_value_head.safetensors"],
    ] as const) {
      const [found, expected] = [
        await readTensors(file("final"), own),
        await readTensors(goldenPath("ppo"), other),
      ];
      await expectWeights(found, expected, tolerance(largest));
    }
  });

  it("gives the objective of the rollouts, and takes advantages from the examples", async () => {
    const golden = readGolden<Golden>("ppo");
    await using trainer = await trainerOf(golden);
    const { about: _, ...objective } = golden.objective;
    const expected = Object.fromEntries(
      Object.entries(objective).map(([name, v]) => [`objective/${name}`, v]),
    );
    const given = examplesOf(golden).map((rollout, i) => ({
      ...rollout,
      ...{ advantages: golden.whitened_advantages[i], returns: golden.returns[i] },
    }));
    const { metrics = {} } = await trainer.evaluate(given);
    expectNumbers(metrics, expected, {}, "objective");
    const { rollouts: rows = [], ...first } = golden.steps[0] ?? {};
    const { metrics: found, ...result } = await trainer.step(
      rows.map((row) => given[row] as (typeof given)[0]),
    );
    const loss = { ...first, ...{ rollouts: 0, grad_norm: 0 } } as Record<string, number>;
    expectNumbers({ ...result, ...found }, { loss: loss.loss, vf_loss: loss.vf_loss }, {}, "first step");
  });

  it("adds the loss of a pre-training", async () => {
    const golden = readGolden<Golden>("ppo");
    const { ptx_coef, texts, ptx_loss, loss, grad_norm: gradNorm } = golden.ptx_first_minibatch;
    await using trainer = await trainerOf(golden, ptx_coef);
    const batch = [...examplesOf(golden), ...texts];
    const rows = [...(golden.steps[0]?.rollouts ?? []), golden.rollouts.length, golden.rollouts.length + 1];
    const { metrics, ...result } = await trainer.step(batch, { rows });
    expectNumbers({ ...result, ...metrics }, { ptx_loss, loss, gradNorm }, {}, "with texts");
  });
});

function near(found: readonly number[], expected: readonly number[]): void {
  expect(found.length).toBe(expected.length);
  for (const [i, value] of expected.entries()) expect(Math.abs((found[i] ?? 0) - value)).toBeLessThan(1e-5);
}
