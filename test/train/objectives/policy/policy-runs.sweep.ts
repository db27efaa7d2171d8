/** Runs of policies: micro-batches, adapters, resumed runs, wrong examples. */
import { expect, it } from "vitest";
import type { TrainerOptions } from "../../../../src/train/create-trainer.ts";
import { rejectionOf } from "../../../fixtures/errors.ts";
import { expectSameSteps, shortRuns } from "../../short-run.ts";
import { readTensors } from "../../tensors.ts";

const { create, file, weightsOf } = shortRuns();

const completions = [
  { prompt: [1, 2, 3], completion: [4, 5], reward: 1 },
  { prompt: [1, 2, 3], completion: [6, 2, 1], reward: -0.5 },
  { prompt: [8], completion: [9, 1], reward: 0 },
  { prompt: [8], completion: [3, 9, 9, 9], reward: 2 },
];

const rollouts = completions.map(({ prompt, completion: response, reward: score }) => {
  const list = (of: (t: number) => number) => response.map((_, t) => of(t));
  const [logprobs, refLogprobs] = [list((t) => -2 - t / 3), list((t) => -2.2 - t / 5)];
  return { prompt, response, score, logprobs, refLogprobs, values: list((t) => 0.1 * t) };
});

const KINDS: readonly (readonly [NonNullable<TrainerOptions["objective"]>, readonly object[]])[] = [
  [{ kind: "grpo", beta: 0.1 }, completions],
  [{ kind: "grpo", loss: "grpo", importanceSamplingLevel: "sequence" }, completions],
  [{ kind: "ppo", temperature: 0.8 }, rollouts],
];

const noDropout = { dropout: 0, lr: 1e-3 };
type Batch = Parameters<Awaited<ReturnType<typeof create>>["step"]>[0];

it.each(KINDS)("%o: micro-batches and threads change little or nothing", async (objective, batch) => {
  await expectSameSteps((options) => create({ objective, ...noDropout, ...options }), batch as Batch);
});

it.each(KINDS)(
  "%o: a resumed run gives the same bits, with an adapter, too",
  async (objective, batch) => {
    for (const trained of [{ kind: "all" }, { kind: "adapter", rank: 2 }] as const) {
      const name = `${objective.kind}-${"loss" in objective}-${trained.kind}`;
      await using trainer = await create({ objective, trained });
      for (let step = 0; step < 2; step++) await trainer.step(batch as Batch);
      await trainer.save(file(`${name}-saved`));
      const next = await trainer.step(batch as Batch);
      await using resumed = await create({ model: file(`${name}-saved`), resume: true });
      expect(await resumed.step(batch as Batch)).toEqual(next);
      if (trained.kind === "adapter") continue;
      await Promise.all([trainer.save(file(`${name}-whole`)), resumed.save(file(`${name}-resumed`))]);
      expect(weightsOf(`${name}-resumed`)).toEqual(weightsOf(`${name}-whole`));
    }
  },
  60_000,
);

it("a value head is written beside the model, and read from there", async () => {
  const objective = { kind: "ppo" } as const;
  await using trainer = await create({ objective, ...noDropout });
  const first = await trainer.step(rollouts);
  expect(first.metrics.value_mean).toBe(0);
  await trainer.save(file("valued"));
  const head = await readTensors(file("valued"), "value_head.safetensors");
  expect([...head.keys()].sort()).toEqual(["v_head.summary.bias", "v_head.summary.weight"]);
  await using other = await create({ model: file("valued"), objective, ...noDropout });
  const [next, found] = [await trainer.step(rollouts), await other.step(rollouts)];
  expect(found.metrics.value_mean).toBe(next.metrics.value_mean);
  expect(found.metrics.value_mean).not.toBe(0);
});

it.each([
  [{ kind: "grpo" }, [{ prompt: [1], completion: [2] }], /batch\[0\]: reward: expected a number/],
  [
    { kind: "grpo" },
    [{ ...completions[0], oldLogprobs: [1] }],
    /oldLogprobs: expected a number for each of 2 ids/,
  ],
  [{ kind: "grpo", numGenerations: 3 }, completions, /4 completions are no whole number of groups of 3/],
  [{ kind: "grpo", numGenerations: 4 }, completions, /batch\[2\]: its prompt is not that of its group of 4/],
  [{ kind: "grpo", microBatches: 3 }, completions, /4 completions do not fall into 3 equal micro-batches/],
  [{ kind: "ppo" }, [{ ...rollouts[0], values: undefined }], /values: expected a number for each of 2 ids/],
  [{ kind: "ppo" }, [{ ...rollouts[0], score: Number.NaN }], /score: expected a number/],
] as const)("%o refuses %o", async (objective, batch, message) => {
  await using trainer = await create({ objective });
  const error = await rejectionOf(trainer.step(batch as never));
  expect([error.code, error.message]).toEqual(["usage", expect.stringMatching(message)]);
});

it("refuses rows that the batch does not have", async () => {
  await using trainer = await create({ objective: { kind: "ppo" } });
  expect((await rejectionOf(trainer.step(rollouts, { rows: [4] }))).message).toMatch(
    /rows: the batch has no example 4/,
  );
  expect((await rejectionOf(trainer.step(rollouts, { rows: [] }))).message).toMatch(
    /rows must be a list of numbers/,
  );
});
