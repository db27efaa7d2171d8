/** Runs of preferences: references, micro-batches, adapters, resumed runs, wrong examples. */
import { readFile, stat, writeFile } from "node:fs/promises";
import { expect, it } from "vitest";
import type { TrainerOptions } from "../../../../src/train/create-trainer.ts";
import { rejectionOf } from "../../../fixtures/errors.ts";
import { expectSameSteps, shortRuns } from "../../short-run.ts";

const { create, file, weightsOf } = shortRuns();

const pairs = [
  { prompt: [1, 2, 3], chosen: [4, 5], rejected: [6, 2, 1] },
  { prompt: [3, 1], chosen: [2, 2, 2, 5], rejected: [1] },
  { prompt: [8], chosen: [9, 1], rejected: [3, 9, 9, 9] },
];
const judged = pairs.map(({ prompt, chosen }, i) => ({ prompt, completion: chosen, label: i !== 1 }));

const KINDS: readonly (readonly [NonNullable<TrainerOptions["objective"]>, readonly object[]])[] = [
  [{ kind: "reward" }, pairs],
  [{ kind: "dpo" }, pairs],
  [{ kind: "orpo" }, pairs],
  [{ kind: "kto" }, judged],
];

const noDropout = { dropout: 0, lr: 1e-3 };
type Batch = Parameters<Awaited<ReturnType<typeof create>>["step"]>[0];

it.each(KINDS)(
  "%o: micro-batches, threads and the order of the examples change little or nothing",
  async (objective, batch) => {
    const first = await expectSameSteps(
      (options) => create({ objective, ...noDropout, ...options }),
      batch as Batch,
    );
    if (objective.kind === "kto") return; // its divergence is of neighbours
    await using trainer = await create({ objective, ...noDropout });
    await trainer.step(batch.toReversed() as Batch);
    expect((await trainer.step(batch.toReversed() as Batch)).loss).toBeCloseTo(first.loss, 5);
  },
);

it.each(KINDS)(
  "%o: a resumed run gives the same bits",
  async (objective, batch) => {
    const { kind } = objective;
    await using trainer = await create({ objective });
    for (let step = 0; step < 3; step++) await trainer.step(batch as Batch);
    await trainer.save(file(`${kind}-saved`));
    const next = await trainer.step(batch as Batch);
    await trainer.save(file(`${kind}-whole`));
    await using resumed = await create({ model: file(`${kind}-saved`), resume: true });
    expect(await resumed.step(batch as Batch)).toEqual(next);
    await resumed.save(file(`${kind}-resumed`));
    expect(weightsOf(`${kind}-resumed`)).toEqual(weightsOf(`${kind}-whole`));
  },
  60_000,
);

it("an adapter is measured against the model without it", async () => {
  const trained = { kind: "adapter", rank: 2 } as const;
  await using trainer = await create({ objective: { kind: "dpo" }, trained, ...noDropout });
  const first = await trainer.step(pairs);
  expect(first.loss).toBeCloseTo(Math.LN2, 6);
  expect((await trainer.step(pairs)).metrics["rewards/margins"]).toBeGreaterThan(0);
});

it("takes the log-probabilities of the reference from the examples", async () => {
  await using trainer = await create({ objective: { kind: "dpo", beta: 1 }, ...noDropout });
  const { metrics } = await trainer.evaluate(pairs.slice(0, 1));
  const [chosen = 0, rejected = 0] = [metrics?.["logps/chosen"], metrics?.["logps/rejected"]];
  const known = { ...pairs[0], refChosenLogp: chosen - 2, refRejectedLogp: rejected + 1 };
  const found = await trainer.evaluate([known] as Batch);
  expect(found.metrics?.["rewards/chosen"]).toBeCloseTo(2, 5);
  expect(found.metrics?.["rewards/rejected"]).toBeCloseTo(-1, 5);
  expect(found.loss).toBeCloseTo(Math.log1p(Math.exp(-3)), 5);
});

it.each([
  [{ kind: "dpo" }, [1, 2], /batch\[0\]: prompt: expected a list of token ids, found undefined/],
  [{ kind: "dpo" }, { prompt: [], chosen: [1], rejected: [2] }, /prompt: 0 token ids: at least 1/],
  [{ kind: "dpo" }, { prompt: [1], chosen: [1] }, /rejected: expected a list of token ids, found undefined/],
  [{ kind: "dpo" }, { prompt: [1], chosen: [1], rejected: [1e9] }, /token id 1000000000: the vocabulary/],
  [
    { kind: "dpo" },
    { prompt: [1], chosen: [1], rejected: Array(99).fill(1) },
    /prompt and rejected: 100 token ids: this model takes at most/,
  ],
  [{ kind: "reward" }, { ...pairs[0], margin: "1" }, /margin: expected a number/],
  [{ kind: "kto" }, { prompt: [1], completion: [2] }, /label: true or false is expected/],
  [
    { kind: "kto" },
    { prompt: [1], completion: [2], label: true },
    /kto: a batch needs at least two examples/,
  ],
] as const)("%o refuses %o", async (objective, example, message) => {
  await using trainer = await create({ objective });
  const error = await rejectionOf(trainer.step([example] as never));
  expect([error.code, error.message]).toEqual(["usage", expect.stringMatching(message)]);
});

it("refuses a loss that does not exist, and a reference of another vocabulary", async () => {
  const message = async (objective: object) => (await rejectionOf(create({ objective } as never))).message;
  expect(await message({ kind: "dpo", loss: "dpo" })).toMatch(/loss must be one of sigmoid, cdpo/);
  expect(await message({ kind: "dpo", beta: 0 })).toMatch(/beta must be a number above 0/);
  expect(await message({ kind: "dpo", reference: "stories" })).toMatch(
    /a reference needs the same vocabulary/,
  );
});

it.each(["all", "adapter"] as const)("a file keeps the scores of the reference (%s)", async (kind) => {
  const options = { objective: { kind: "dpo" }, trained: { kind }, ...noDropout } as const;
  const referenceScores = file(`${kind}.scores`);
  await using alone = await create(options);
  await using kept = await create({ ...options, referenceScores });
  const steps = [await kept.step(pairs), await kept.step(pairs)];
  expect([await alone.step(pairs), await alone.step(pairs)]).toEqual(steps);
  const size = 32 + 6 * 24;
  expect((await stat(referenceScores)).size).toBe(size);
  await using again = await create({ ...options, referenceScores });
  expect(await again.step(pairs)).toEqual(steps[0]);
  expect((await stat(referenceScores)).size).toBe(size);
  await writeFile(referenceScores, (await readFile(referenceScores)).fill(0, 48, 56));
  await using wrong = await create({ ...options, referenceScores });
  expect((await wrong.step(pairs)).metrics["rewards/chosen"]).not.toBe(steps[0]?.metrics["rewards/chosen"]);
});

it("kto cuts unrelated completions to the context, and evaluates a single example", async () => {
  await using trainer = await create({ objective: { kind: "kto" }, ...noDropout });
  const long = (length: number) => Array.from({ length }, (_, i) => i % 9);
  const room = trainer.contextSize;
  const batch = [
    { prompt: long(room - 2), completion: long(2), label: true },
    { prompt: [1], completion: long(room - 1), label: false },
  ];
  const { loss } = await trainer.step(batch);
  expect(loss).toBeCloseTo(0.5, 5);
  const figures = await trainer.evaluate(batch.slice(0, 1));
  expect([figures.targets, figures.metrics?.kl]).toEqual([1, 0]);
});
