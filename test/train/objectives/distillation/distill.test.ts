import { describe, expect, it } from "vitest";
import { createTrainer } from "../../../../src/train/create-trainer.ts";
import {
  DIVERGENCES,
  type DivergenceName,
} from "../../../../src/train/objectives/distillation/divergences.ts";
import { rejectionOf } from "../../../fixtures/errors.ts";
import { temporaryFolder } from "../../../fixtures/temporary.ts";
import { TestRandom } from "../../../reference/random.ts";
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

interface Golden {
  readonly hyperparameters: GoldenHyperparameters & { temperature: number };
  readonly batches: readonly number[][][];
  readonly runs: Readonly<
    Record<
      string,
      {
        readonly alpha: number;
        readonly temperature: number;
        readonly steps: readonly { readonly grad_norm: number }[];
        readonly final: Readonly<Record<string, Fingerprint>>;
      }
    >
  >;
  readonly losses_before: Readonly<Record<"reverse_kl" | "jsd" | "mse", number>>;
  readonly float32_drift: Readonly<Record<string, Record<string, number>>>;
}

const file = temporaryFolder();
const [model, teacher] = [goldenPath("distill", "student"), goldenPath("distill", "teacher")];

describeWithShared("distillation, against the reference", () => {
  it.each(["main", "soft_only_T1", "soft_only_T4"])("%s gives the same numbers and weights", async (name) => {
    const golden = readGolden<Golden>("distill");
    const { alpha, temperature, steps, final } = golden.runs[name] as Golden["runs"][string];
    const drift = golden.float32_drift[`runs.${name}`] ?? {};
    const objective = { kind: "distill", teacher, alpha, temperature } as const;
    await using trainer = await createTrainer({ model, ...optionsOf(golden.hyperparameters), objective });
    for (const [i, { grad_norm: gradNorm, ...expected }] of steps.entries()) {
      const { metrics, ...result } = await trainer.step(golden.batches[i] ?? []);
      const slack = { ...drift, gradNorm: drift.grad_norm };
      expectNumbers({ ...result, ...metrics }, { ...expected, gradNorm }, slack, `${name}, step ${i}`);
    }
    expect(steps.length).toBe(20);
    await trainer.save(file(name));
    await expectFingerprints(file(name), final, drift);
    if (name !== "main") return;
    const [found, expected] = await Promise.all([
      readTensors(file(name)),
      readTensors(goldenPath("distill"), "final.safetensors"),
    ]);
    await expectWeights(found, expected, tolerance(golden.float32_drift["final weights of main"]?.largest));
  });

  it.each(["reverse_kl", "jsd", "mse"] as const)("gives the %s of the first batch", async (loss) => {
    const { hyperparameters, batches, losses_before } = readGolden<Golden>("distill");
    const { temperature } = hyperparameters;
    const objective = { kind: "distill", teacher, loss, temperature, alpha: 1 } as const;
    await using trainer = await createTrainer({ model, ...optionsOf(hyperparameters), objective });
    const { loss: found } = await trainer.evaluate(batches[0] ?? []);
    expect(Math.abs(found - losses_before[loss])).toBeLessThan(1e-5);
    expect((await trainer.step(batches[0] ?? [])).loss).toBeCloseTo(found, 6);
  });

  it("refuses a run without a teacher", async () => {
    const options = { model, steps: 1, objective: { kind: "distill" } as never };
    expect((await rejectionOf(createTrainer(options))).message).toMatch(/teacher is missing/);
  });
});

describe("derivatives of divergences", () => {
  it.each(Object.keys(DIVERGENCES) as DivergenceName[])("of %s agree with differences", (name) => {
    const random = new TestRandom(3);
    const draw = () => Float32Array.from({ length: 7 }, () => 4 * random.uniform() - 2);
    const [student, teacher] = [draw(), draw()];
    const slopes = new Float64Array(7);
    DIVERGENCES[name](student, teacher, 1.7, (id, slope) => {
      slopes[id] = slope;
    });
    for (const [id, slope] of slopes.entries()) {
      const at = (by: number) => {
        const moved = student.slice();
        moved[id] = (moved[id] as number) + by;
        return DIVERGENCES[name](moved, teacher, 1.7, () => {});
      };
      expect((at(1 / 128) - at(-1 / 128)) * 64).toBeCloseTo(slope, 4);
    }
  });
});
