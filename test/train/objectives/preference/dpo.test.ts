import { expect, it } from "vitest";
import { createTrainer } from "../../../../src/train/create-trainer.ts";
import type { DpoLoss } from "../../../../src/train/objectives/preference/dpo.ts";
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

interface Step {
  readonly pairs: { prompt: number[]; chosen: number[]; rejected: number[] }[];
  readonly examples: { prompt: number[]; completion: number[]; label: boolean }[];
  readonly grad_norm: number;
}

interface GoldenRun {
  readonly steps: readonly Step[];
  readonly final?: Readonly<Record<string, Fingerprint>>;
}

interface Golden {
  readonly hyperparameters: GoldenHyperparameters & { beta: number; label_smoothing: number; alpha: number };
  readonly runs: Readonly<Record<string, GoldenRun>>;
  readonly orpo: GoldenRun;
  readonly kto: GoldenRun;
  readonly float32_drift: Readonly<Record<string, Record<string, number>>>;
}

const file = temporaryFolder();
const model = goldenPath("dpo", "init");
const LOSSES = ["sigmoid", "ipo", "hinge", "cdpo", "robust", "sigmoid+sft"] as const;

describeWithShared("preferences, against the reference", () => {
  it.each(LOSSES)("dpo's %s gives the same numbers and weights", async (loss: DpoLoss) => {
    const golden = readGolden<Golden>("dpo");
    const { beta, label_smoothing, alpha } = golden.hyperparameters;
    const run = golden.runs[loss] as GoldenRun;
    const pairs = golden.runs.sigmoid?.steps.map((step) => step.pairs) ?? [];
    const labelSmoothing = ["cdpo", "robust"].includes(loss) ? label_smoothing : undefined;
    const objective = { kind: "dpo", loss, beta, labelSmoothing, alpha } as const;
    await using trainer = await createTrainer({ model, ...optionsOf(golden.hyperparameters), objective });
    await compare(trainer, run, pairs, golden.float32_drift[`runs.${loss}`] ?? {}, loss);
    await trainer.save(file(loss));
    if (run.final) {
      await expectFingerprints(file(loss), run.final, golden.float32_drift[`runs.${loss}`] ?? {});
    }
    if (loss !== "sigmoid") return;
    const [found, expected] = await Promise.all([
      readTensors(file(loss)),
      readTensors(goldenPath("dpo"), "final.safetensors"),
    ]);
    const { largest } = golden.float32_drift["final weights of sigmoid"] ?? {};
    await expectWeights(found, expected, tolerance(largest));
  });

  it("orpo gives the same numbers and weights", async () => {
    const golden = readGolden<Golden>("dpo");
    const { beta } = golden.hyperparameters;
    const pairs = golden.runs.sigmoid?.steps.map((step) => step.pairs) ?? [];
    const objective = { kind: "orpo", beta } as const;
    await using trainer = await createTrainer({ model, ...optionsOf(golden.hyperparameters), objective });
    await compare(trainer, golden.orpo, pairs, golden.float32_drift.orpo ?? {}, "orpo");
    await trainer.save(file("orpo"));
    await expectFingerprints(file("orpo"), golden.orpo.final ?? {}, golden.float32_drift.orpo ?? {});
  });

  it("kto gives the same numbers and weights", async () => {
    const golden = readGolden<Golden>("dpo");
    const { beta } = golden.hyperparameters;
    const batches = golden.kto.steps.map(({ examples }) => examples);
    const objective = { kind: "kto", beta } as const;
    await using trainer = await createTrainer({ model, ...optionsOf(golden.hyperparameters), objective });
    await compare(trainer, golden.kto, batches, golden.float32_drift.kto ?? {}, "kto");
    await trainer.save(file("kto"));
    await expectFingerprints(file("kto"), golden.kto.final ?? {}, golden.float32_drift.kto ?? {});
  });
});

type Trainer = Awaited<ReturnType<typeof createTrainer>>;

async function compare(
  trainer: Trainer,
  { steps }: GoldenRun,
  batches: readonly Parameters<Trainer["step"]>[0][],
  drift: Record<string, number>,
  name: string,
): Promise<void> {
  for (const [i, { grad_norm: gradNorm, ...expected }] of steps.entries()) {
    const { metrics, ...result } = await trainer.step(batches[i] ?? []);
    // At the start all pairs are tied: the sign of the noise is free.
    const accuracy = i === 0 ? { "rewards/accuracies": metrics["rewards/accuracies"] } : {};
    const figures = { ...expected, gradNorm, ...(name === "orpo" ? {} : accuracy) };
    const slack = { ...drift, gradNorm: drift.grad_norm };
    expectNumbers({ ...result, ...metrics }, figures, slack, `${name}, step ${i}`);
  }
  expect(steps.length).toBe(20);
}
