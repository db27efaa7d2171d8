/** Short runs of a random GPT-2: the model in a folder, its trainers, and what they are shown. */
import { readFileSync, writeFileSync } from "node:fs";
import { beforeAll, expect } from "vitest";
import { createTrainer, type TrainerOptions } from "../../src/train/create-trainer.ts";
import type { Trainer } from "../../src/train/trainer.ts";
import { writeRandomDirectory } from "../fixtures/random-checkpoint.ts";
import { gpt2 } from "../fixtures/stored-config.ts";
import { temporaryFolder } from "../fixtures/temporary.ts";
import { TestRandom } from "../reference/random.ts";

const common = { steps: 8, lr: 1e-2, warmupSteps: 2, dropout: 0.1, threads: 2 } as const;

/** Call it outside of tests. The model is there once the tests begin. */
export function shortRuns() {
  const file = temporaryFolder();

  beforeAll(() => {
    writeRandomDirectory(file("gpt2"), gpt2);
    writeFileSync(file("gpt2", "generation_config.json"), '{"eos_token_id":7}');
  });

  const create = (options: Partial<TrainerOptions> = {}) =>
    createTrainer({ model: file("gpt2"), ...common, ...options });

  const weightsOf = (directory: string) => readFileSync(file(directory, "model.safetensors"));

  return { file, create, weightsOf };
}

/** Batch of a step: two sequences, the same in every run. */
export function batchOf(step: number): number[][] {
  const random = new TestRandom(step);
  return [9, 5].map((length) => Array.from({ length }, () => random.integer(gpt2.vocabSize)));
}

export async function train(trainer: Trainer, until: number): Promise<number[]> {
  const losses: number[] = [];
  while (trainer.steps < until) losses.push((await trainer.step(batchOf(trainer.steps))).loss);
  return losses;
}

/**
 * The loss and the gradient's norm of a second step on a batch, which micro-batches change little and threads
 * not at all.
 */
export async function expectSameSteps(
  create: (options: Partial<TrainerOptions>) => Promise<Trainer>,
  batch: Parameters<Trainer["step"]>[0],
): Promise<{ readonly loss: number; readonly gradNorm: number }> {
  const results: { loss: number; gradNorm: number }[] = [];
  for (const options of [{}, { microBatchTokens: 1 }, { microBatchTokens: 9 }, { threads: 1 }]) {
    await using trainer = await create(options);
    await trainer.step(batch);
    const { loss, gradNorm } = await trainer.step(batch);
    results.push({ loss, gradNorm });
  }
  const [first, ...others] = results as [{ loss: number; gradNorm: number }];
  for (const { loss, gradNorm } of others) {
    expect(loss).toBeCloseTo(first.loss, 5);
    expect(gradNorm).toBeCloseTo(first.gradNorm, 4);
  }
  expect(others.at(-1)).toEqual(first);
  return first;
}
