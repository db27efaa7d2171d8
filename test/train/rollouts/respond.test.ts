import { beforeAll, expect, it } from "vitest";
import type { Session } from "../../../src/engine/session.ts";
import { Drawing } from "../../../src/generate/sampling/draw.ts";
import { createTrainer } from "../../../src/train/create-trainer.ts";
import { adaptedPrice } from "../../../src/train/rollouts/kl-control.ts";
import { respond } from "../../../src/train/rollouts/respond.ts";
import { rejectionOf } from "../../fixtures/errors.ts";
import { writeRandomDirectory } from "../../fixtures/random-checkpoint.ts";
import { gpt2 } from "../../fixtures/stored-config.ts";
import { temporaryFolder } from "../../fixtures/temporary.ts";

const file = temporaryFolder();
const settings = { temperature: 0.7, maxTokens: 6, count: 3, endOfTextIds: [3] };
const prompts = [[1, 2, 5], [4], [2, 2]];

beforeAll(() => void writeRandomDirectory(file("model"), gpt2));

const create = () =>
  createTrainer({ model: file("model"), steps: 4, threads: 1, objective: { kind: "ppo" } });

it("a response depends on seed, step, prompt and place alone", async () => {
  await using trainer = await create();
  const session = () => trainer.createSession();
  const given = { prompts, settings, seed: 7, step: 2, signal: undefined };
  const all = await respond(session, given);
  expect(all.map((group) => group.length)).toEqual([3, 3, 3]);
  expect(await respond(session, { ...given, prompts: prompts.slice(0, 1) })).toEqual(all.slice(0, 1));
  expect(await respond(session, { ...given, settings: { ...settings, count: 1 } })).toEqual(
    all.map((group) => group.slice(0, 1)),
  );
  expect(await respond(session, { ...given, step: 3 })).not.toEqual(all);
  for (const { ids, isEnded } of all.flat()) {
    expect(isEnded).toBe(ids.at(-1) === 3);
    expect(isEnded || ids.length === 6).toBe(true);
  }
});

it("its log-probabilities are those that the reference gives it at the start, and new values are 0", async () => {
  await using trainer = await create();
  const written = await respond(() => trainer.createSession(), {
    ...{ prompts, settings, seed: 1, step: 0, signal: undefined },
  });
  const responses = written.flatMap((group, row) =>
    group.map(({ ids, logprobs }) => ({ prompt: prompts[row] ?? [], response: ids, logprobs })),
  );
  const ratings = await trainer.rate(responses, { temperature: 0.7 });
  for (const [i, { logprobs }] of responses.entries()) {
    const { refLogprobs = [], values } = ratings[i] ?? {};
    expect(values).toEqual(logprobs.map(() => 0));
    for (const [t, logprob] of logprobs.entries()) expect(refLogprobs[t]).toBeCloseTo(logprob, 6);
  }
  const error = await rejectionOf(trainer.rate([{ prompt: [1], response: [] }]));
  expect([error.code, error.message]).toEqual(["usage", expect.stringContaining("batch[0]")]);
});

it("a signal ends it, and its sessions", async () => {
  await using trainer = await create();
  const signal = AbortSignal.abort(new Error("stopped"));
  const written = respond(() => trainer.createSession(), { prompts, settings, seed: 1, step: 0, signal });
  await expect(written).rejects.toThrow("stopped");
});

it("draws ids as often as they are likely", () => {
  const drawing = new Drawing();
  const logits = Float32Array.of(0, Math.log(2), Math.log(4), -40);
  const counts = [0, 0, 0, 0];
  for (let i = 0; i < 700; i++) {
    const { id, logprob } = drawing.draw(logits, 1, (i + 0.5) / 700);
    counts[id] = (counts[id] ?? 0) + 1;
    expect(Math.exp(logprob)).toBeCloseTo([1 / 7, 2 / 7, 4 / 7, 0][id] ?? 0, 6);
  }
  expect(counts).toEqual([100, 200, 400, 0]);
  expect(() => drawing.draw(Float32Array.of(Number.NaN), 1, 0)).toThrow(/the logit of token 0 is NaN/);
});

it("leads the price of the KL towards its target, a fifth of it for each horizon at most", () => {
  const target = { target: 2, horizon: 100 };
  expect(adaptedPrice(0.1, 2, 50, target)).toBe(0.1);
  expect(adaptedPrice(0.1, 9, 50, target)).toBeCloseTo(0.1 * 1.1, 12);
  expect(adaptedPrice(0.1, 0, 100, target)).toBeCloseTo(0.1 * 0.8, 12);
  expect(adaptedPrice(0.1, 2.2, 100, target)).toBeCloseTo(0.1 * 1.1, 12);
});

it("begins a prompt as soon as there is room, and ends them all after a failure", async () => {
  let [passes, rows] = [0, 0];
  let waiting: ((logits: Float32Array) => void)[] = [];
  const pass = () => {
    passes++;
    rows += waiting.length;
    for (const resolve of waiting.splice(0)) resolve(Float32Array.of(Math.log(29), 0));
  };
  const session = (): Session => {
    const append = ([id = 0]: readonly number[]) =>
      id === 7
        ? Promise.reject(new Error("broken"))
        : new Promise<Float32Array>((resolve) => {
            if (waiting.length === 0) setImmediate(pass);
            waiting = [...waiting, resolve];
          });
    return { contextSize: 99, append, fork: session, close: async () => {} } as unknown as Session;
  };
  const numbers = Array.from({ length: 16 }, (_, i) => [i === 15 ? 7 : 0]);
  const own = { temperature: 1, maxTokens: 40, count: 8, endOfTextIds: [1] };
  const given = { settings: own, seed: 1, step: 0, signal: undefined };
  const written = await respond(session, { ...given, prompts: numbers.slice(0, 15) });
  expect(written.flat()).toHaveLength(120);
  // With groups of eight that wait for their longest answer a pass has half as many rows as there is room for.
  expect(rows / passes).toBeGreaterThan(19);
  await expect(respond(session, { ...given, prompts: numbers })).rejects.toThrow("broken");
});
