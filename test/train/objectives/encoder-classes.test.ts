import { expect, it } from "vitest";
import { loadClassifier } from "../../../src/library/load-model.ts";
import { openTokenizer } from "../../../src/library/open-tokenizer.ts";
import { createTrainer } from "../../../src/train/create-trainer.ts";
import { rejectionOf } from "../../fixtures/errors.ts";
import { temporaryFolder } from "../../fixtures/temporary.ts";
import { describeWithShared, shared } from "../../shared.ts";
import { gradientDifferences } from "../golden-gradient.ts";

const file = temporaryFolder();
const golden = (name: string) => shared(`models/golden/${name}`);

const texts = [
  ["the king is dead", "sad"],
  ["a merry feast and good wine", "happy"],
  ["my lord is slain", "sad"],
  ["sing and dance with me", "happy"],
] as const;

const settings = {
  objective: { kind: "classes", labels: ["happy", "sad"], dropout: 0 },
  threads: 1,
  steps: 60,
  lr: 3e-3,
  schedule: "constant",
  dropout: 0,
  seed: 1,
} as const;

describeWithShared("a classifier that is trained on an encoder", () => {
  it.each([
    "bert-mlm",
    "bert-classify",
    "bert-embed",
    "roberta-mlm",
    "distilbert-classify",
    "xlm-roberta-embed",
    "modernbert-mlm",
    "modernbert-classify",
  ])("%s learns its texts, and is loaded with the weights it has", async (name) => {
    const model = golden(name);
    const tokenizer = await openTokenizer(model);
    const batch = texts.map(([text, label]) => ({ ids: tokenizer.encodeInput(text).ids, label }));
    await using trainer = await createTrainer({ model, ...settings });
    const before = await trainer.evaluate(batch);
    const first = await trainer.step(batch);
    expect(first.loss).toBeCloseTo(before.loss, 5);
    for (let step = 1; step < settings.steps; step++) await trainer.step(batch);
    const after = await trainer.evaluate(batch);
    expect(after.loss).toBeLessThan(0.1 * before.loss);
    expect(after.outcomes?.every(({ label, predicted }) => label === predicted)).toBe(true);
    const out = file(name);
    await trainer.save(out);
    await using classifier = await loadClassifier(out, { threads: 1 });
    expect(classifier.labels).toEqual(["happy", "sad"]);
    let loss = 0;
    for (const [text, label] of texts) {
      loss -= Math.log((await classifier.classify(text)).probabilities[label] ?? 0) / texts.length;
    }
    expect(loss).toBeCloseTo(after.loss, 4);
  });

  it.each(["bert-classify", "modernbert-classify"])("%s learns pairs", async (name) => {
    const model = golden(name);
    const tokenizer = await openTokenizer(model);
    const pairs = [
      ["the king", "is dead", "sad"],
      ["is dead", "the king", "happy"],
    ] as const;
    const batch = pairs.map(([text, pair, label]) => ({ ...tokenizer.encodeInput(text, { pair }), label }));
    await using trainer = await createTrainer({ model, ...settings, steps: 100 });
    for (let step = 0; step < 100; step++) await trainer.step(batch);
    const { loss } = await trainer.evaluate(batch);
    expect(loss).toBeLessThan(0.2);
    await trainer.save(file(`${name}-pairs`));
    await using classifier = await loadClassifier(file(`${name}-pairs`), { threads: 1 });
    let sum = 0;
    for (const [text, pair, label] of pairs) {
      sum -= Math.log((await classifier.classify(text, { pair })).probabilities[label] ?? 0) / pairs.length;
    }
    expect(sum).toBeCloseTo(loss, 4);
    const wrong = await rejectionOf(trainer.step([{ ids: [1, 2], typeIds: [0], label: "sad" }]));
    expect(wrong.message).toMatch(/typeIds: expected 0 or 1 for each of 2 token ids/);
  });

  it("the gradients through the mean of the rows agree with finite differences", async () => {
    const model = golden("modernbert-classify");
    const sequences = [
      { inputs: [1, 5, 9, 12], targets: [1] },
      { inputs: [7, 8], targets: [0] },
    ];
    for (const { name, error } of await gradientDifferences(model, sequences, () => true, "classes")) {
      expect(error, name).toBeLessThan(0.02);
    }
  });

  it("goes on with the same bits", async () => {
    const model = golden("bert-mlm");
    const tokenizer = await openTokenizer(model);
    const batch = texts.map(([text, label]) => ({ ids: tokenizer.encodeInput(text).ids, label }));
    await using whole = await createTrainer({ model, ...settings, dropout: 0.1 });
    for (let step = 0; step < 2; step++) await whole.step(batch);
    const half = file("half");
    await whole.save(half);
    const third = await whole.step(batch);
    await using resumed = await createTrainer({ model: half, resume: true, threads: 2 });
    expect(await resumed.step(batch)).toEqual(third);
  });

  it.each([
    ["bert-mlm", {}, /is an encoder, which writes no text: give it the objective masked-language/],
  ] as const)("refuses to train %s otherwise", async (name, changes, message) => {
    const { objective: _, ...language } = settings;
    const error = await rejectionOf(createTrainer({ model: golden(name), ...language, ...changes }));
    expect([error.code, error.message]).toEqual(["usage", expect.stringMatching(message)]);
  });
});
