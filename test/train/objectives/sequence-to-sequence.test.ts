import { expect, it } from "vitest";
import { mergeAdapters } from "../../../src/convert/merge-adapters.ts";
import { loadModel } from "../../../src/library/load-model.ts";
import { openTokenizer } from "../../../src/library/open-tokenizer.ts";
import { createTrainer } from "../../../src/train/create-trainer.ts";
import { rejectionOf } from "../../fixtures/errors.ts";
import { temporaryFolder } from "../../fixtures/temporary.ts";
import { describeWithShared, shared } from "../../shared.ts";
import { gradientDifferences } from "../golden-gradient.ts";

const file = temporaryFolder();
const golden = (name: string) => shared(`models/golden/${name}`);
const MODELS = ["t5", "t5-v1_1", "bart"];

const settings = {
  objective: { kind: "sequence-to-sequence" },
  threads: 1,
  steps: 60,
  lr: 1e-2,
  schedule: "constant",
  seed: 1,
} as const;

const pairs = [
  ["the king is dead", "a merry feast"],
  ["sing and dance with me", "my lord"],
] as const;

async function batchFor(model: string) {
  const tokenizer = await openTokenizer(model);
  return pairs.map(([input, target]) => ({
    source: tokenizer.encodeInput(input).ids,
    ids: tokenizer.encodeInput(target).ids,
  }));
}

async function written(model: string, prompt: string): Promise<string> {
  await using loaded = await loadModel(model, { threads: 1 });
  let text = "";
  for await (const token of loaded.generate(prompt, { temperature: 0, maxTokens: 20 })) text += token.text;
  return text.trim();
}

describeWithShared("an encoder-decoder that learns pairs of texts", () => {
  it.each(MODELS)("%s learns, and writes the targets once it is loaded", async (name) => {
    const batch = await batchFor(golden(name));
    await using trainer = await createTrainer({ model: golden(name), ...settings });
    const before = await trainer.evaluate(batch);
    const first = await trainer.step(batch);
    expect(first.loss).toBeCloseTo(before.loss, 4);
    for (let step = 1; step < settings.steps; step++) await trainer.step(batch);
    expect((await trainer.evaluate(batch)).loss).toBeLessThan(0.3);
    await trainer.save(file(name));
    for (const [input, target] of pairs) expect(await written(file(name), input)).toBe(target);
  });

  it.each(MODELS)("the gradients of %s agree with finite differences", async (name) => {
    const { encoder } = (await createTrainer({ model: golden(name), ...settings })).config;
    const sequences = (await batchFor(golden(name))).map(({ source, ids }) => ({
      source,
      inputs: [encoder?.startId ?? 0, ...ids.slice(0, -1)],
      targets: ids,
    }));
    for (const { name: weight, error } of await gradientDifferences(golden(name), sequences)) {
      expect(error, weight).toBeLessThan(0.02);
    }
  });

  it.each(["t5", "bart"])(
    "an adapter for %s learns, goes on with the same bits, and is merged",
    async (name) => {
      const model = golden(name);
      const batch = await batchFor(model);
      const trained = { kind: "adapter", rank: 4, dropout: 0.1 } as const;
      await using trainer = await createTrainer({ model, ...settings, trained, dropout: 0.1 });
      const before = await trainer.evaluate(batch);
      for (let step = 0; step < settings.steps; step++) await trainer.step(batch);
      const after = await trainer.evaluate(batch);
      expect(after.loss).toBeLessThan(0.7 * before.loss);
      await trainer.save(file(`${name}-lora`));
      await mergeAdapters(model, [{ path: file(`${name}-lora`) }], file(`${name}-merged`));
      await using merged = await createTrainer({ model: file(`${name}-merged`), ...settings });
      expect((await merged.evaluate(batch)).loss).toBeCloseTo(after.loss, 4);
      const next = await trainer.step(batch);
      await using resumed = await createTrainer({ model: file(`${name}-lora`), resume: true, threads: 2 });
      expect(await resumed.step(batch)).toEqual(next);
    },
  );

  it("gives the same gradients for pairs together and one by one", async () => {
    const batch = await batchFor(golden("t5"));
    const stepOf = async (microBatchTokens: number) => {
      await using trainer = await createTrainer({ model: golden("t5"), ...settings, microBatchTokens });
      return trainer.step(batch);
    };
    const [together, single] = [await stepOf(1024), await stepOf(1)];
    expect(single.gradNorm).toBeCloseTo(together.gradNorm, 4);
    expect(single.loss).toBeCloseTo(together.loss, 5);
  });

  it.each([
    [
      "t5",
      { objective: { kind: "language" } },
      /is an encoder with a decoder: give it the objective sequence-/,
    ],
    ["gpt2", {}, /is no encoder with a decoder: give it another objective/],
    ["t5", { objective: { kind: "masked-language" } }, /is no encoder, so it fills no masks/],
    [
      "t5",
      { objective: { kind: "classes", labels: ["a", "b"] } },
      /is an encoder with a decoder, which makes no classifier/,
    ],
  ] as const)("refuses %s with %j", async (name, changes, message) => {
    const error = await rejectionOf(createTrainer({ model: golden(name), ...settings, ...changes }));
    expect(error.message).toMatch(message);
  });

  it("starts from the id of an example", async () => {
    await using trainer = await createTrainer({ model: golden("bart"), ...settings });
    const [example] = await batchFor(golden("bart"));
    if (example === undefined) throw new Error("no example");
    const loss = async (startId?: number) => (await trainer.evaluate([{ ...example, startId }])).loss;
    expect(await loss(trainer.config.encoder?.startId)).toBe(await loss());
    expect(await loss(5)).not.toBe(await loss());
  });

  it("refuses examples without a source", async () => {
    await using trainer = await createTrainer({ model: golden("t5"), ...settings });
    const wrong = async (example: object) => (await rejectionOf(trainer.step([example as never]))).message;
    expect(await wrong({ ids: [1, 2] })).toMatch(/source: expected a list of token ids/);
    expect(await wrong({ ids: [1, 2], source: [] })).toMatch(/source: 0 token ids: at least 1/);
    expect(await wrong({ ids: [1, 2], source: [1e9] })).toMatch(/source: token id 1000000000/);
    expect(await wrong({ ids: [1], source: [1], startId: 1e9 })).toMatch(/startId: token id 1000000000/);
    expect(await wrong({ ids: [], source: [1] })).toMatch(/0 token ids: at least 1/);
  });
});
