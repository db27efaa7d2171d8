import { expect, it } from "vitest";
import { createTrainer } from "../../../../src/train/create-trainer.ts";
import type { ChosenGrpo } from "../../../../src/train/objectives/policy/grpo.ts";
import { temporaryFolder } from "../../../fixtures/temporary.ts";
import { describeWithShared } from "../../../shared.ts";
import {
  expectFingerprints,
  expectNumbers,
  expectWeights,
  type Fingerprint,
  type GoldenHyperparameters,
  goldenPath,
  optionsOf,
  readGolden,
  tolerance,
} from "../../alignment-golden.ts";
import { readTensors } from "../../tensors.ts";

interface Row {
  readonly prompt: number[];
  readonly completion: number[];
  readonly reward: number;
  readonly old_logprobs: number[];
  readonly ref_logprobs: number[];
}

interface GoldenRun {
  readonly hyperparameters: Omit<GoldenHyperparameters, "steps"> &
    Readonly<
      Record<"num_generations" | "max_completion_length" | "epsilon" | "epsilon_high" | "beta", number>
    > & {
      readonly updates: number;
      readonly delta: number | null;
      readonly scale_rewards: ChosenGrpo["scaleRewards"];
      readonly loss_type: ChosenGrpo["loss"];
      readonly importance_sampling_level: ChosenGrpo["importanceSamplingLevel"];
      readonly micro_batches: number;
      readonly temperature: number;
    };
  readonly steps: readonly { readonly rows: "fresh" | "stale"; readonly grad_norm: number }[];
  readonly final?: Readonly<Record<string, Fingerprint>>;
}

interface Golden {
  readonly fresh: readonly Row[];
  readonly stale: readonly Row[];
  readonly runs: Readonly<Record<string, GoldenRun>>;
  readonly float32_drift: Readonly<Record<string, Record<string, number>>>;
}

const file = temporaryFolder();
const RUNS = [
  ...[
    "grpo",
    "bnpo",
    "dr_grpo",
    "dapo",
    "grpo_scale_batch_delta",
    "gspo",
    "cispo",
    "bnpo_micro2",
    "dapo_micro2",
  ],
];

describeWithShared("group relative policy optimisation, against the reference", () => {
  it.each(RUNS)("%s gives the same numbers and weights", async (name) => {
    const golden = readGolden<Golden>("grpo");
    const run = golden.runs[name] as GoldenRun;
    const drift = golden.float32_drift[`runs.${name}`] ?? {};
    const h = run.hyperparameters;
    const objective = {
      kind: "grpo",
      loss: h.loss_type,
      ...{ numGenerations: h.num_generations, maxCompletionLength: h.max_completion_length },
      ...{ epsilon: h.epsilon, epsilonHigh: h.epsilon_high, delta: h.delta, beta: h.beta },
      ...{ scaleRewards: h.scale_rewards, importanceSamplingLevel: h.importance_sampling_level },
      ...{ microBatches: h.micro_batches, temperature: h.temperature },
    } as const;
    await using trainer = await createTrainer({
      ...{ model: goldenPath("grpo", "init"), objective },
      ...{ ...optionsOf({ ...h, steps: h.updates }), schedule: "constant" },
    });
    for (const [i, { rows, grad_norm: gradNorm, ...expected }] of run.steps.entries()) {
      const batch = golden[rows].map(({ old_logprobs, ref_logprobs, ...row }) => ({
        ...row,
        ...{ oldLogprobs: old_logprobs, refLogprobs: ref_logprobs },
      }));
      const { metrics, ...result } = await trainer.step(batch);
      const slack = { ...drift, gradNorm: drift.grad_norm };
      expectNumbers({ ...result, ...metrics }, { ...expected, gradNorm }, slack, `${name}, step ${i}`);
    }
    expect(run.steps.length).toBe(3);
    await trainer.save(file(name));
    if (run.final) await expectFingerprints(file(name), run.final, drift);
    if (name !== "grpo") return;
    const [found, expected] = await Promise.all([
      readTensors(file(name)),
      readTensors(goldenPath("grpo"), "final.safetensors"),
    ]);
    const { largest } = golden.float32_drift["final weights of grpo"] ?? {};
    await expectWeights(found, expected, tolerance(largest));
  });
});
