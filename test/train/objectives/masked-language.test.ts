import { expect, it } from "vitest";
import { NO_TARGET } from "../../../src/compute/kernels/table.ts";
import { mergeAdapters } from "../../../src/convert/merge-adapters.ts";
import { loadEncoder } from "../../../src/library/load-encoder.ts";
import { openTokenizer } from "../../../src/library/open-tokenizer.ts";
import { createTrainer } from "../../../src/train/create-trainer.ts";
import { rejectionOf } from "../../fixtures/errors.ts";
import { temporaryFolder } from "../../fixtures/temporary.ts";
import { describeWithShared, shared } from "../../shared.ts";
import { gradientDifferences } from "../golden-gradient.ts";

const file = temporaryFolder();
const golden = (name: string) => shared(`models/golden/${name}`);
const MODELS = ["bert-mlm", "roberta-mlm", "distilbert-mlm", "modernbert-mlm"];

const settings = {
  objective: { kind: "masked-language" },
  threads: 1,
  steps: 40,
  lr: 3e-3,
  schedule: "constant",
  seed: 1,
} as const;

/** A text with a word masked that is one token. */
async function masked(model: string) {
  const tokenizer = await openTokenizer(model);
  const mask = ["[MASK]", "<mask>"].find((text) => tokenizer.controlTokenId(text) !== undefined) ?? "";
  const words = ["a", "b", "c", "d", "e"];
  const { ids: whole } = tokenizer.encodeInput(words.join(" "));
  for (const [i] of words.entries()) {
    const text = words.map((word, j) => (i === j ? mask : word)).join(" ");
    const { ids } = tokenizer.encodeInput(text, { parseSpecial: true });
    const places = whole.flatMap((id, place) => (id === ids[place] ? [] : [place]));
    const [place = 0] = places;
    if (ids.length !== whole.length || places.length !== 1) continue;
    const labels = whole.map((id, j) => (j === place ? id : -100));
    return { example: { ids, labels }, text, id: whole[place] as number, whole };
  }
  throw new Error("no word is one token");
}

describeWithShared("an encoder that learns to fill masks", () => {
  it.each(MODELS)("%s learns, and fills the mask once it is loaded", async (name) => {
    const { example, text, id } = await masked(golden(name));
    await using trainer = await createTrainer({ model: golden(name), ...settings });
    const before = await trainer.evaluate([example]);
    const first = await trainer.step([example]);
    expect(first.loss).toBeCloseTo(before.loss, 5);
    for (let step = 1; step < settings.steps; step++) await trainer.step([example]);
    const after = await trainer.evaluate([example]);
    expect(after.loss).toBeLessThan(0.2 * before.loss);
    await trainer.save(file(name));
    await using encoder = await loadEncoder(file(name), { threads: 1 });
    const [filled] = await encoder.fillMask(text, { top: 1 });
    expect(filled?.candidates[0]?.id).toBe(id);
    expect(-Math.log(filled?.candidates[0]?.probability ?? 0)).toBeCloseTo(after.loss, 3);
  });

  it.each(MODELS)("the gradients of %s agree with finite differences", async (name) => {
    const { example, whole } = await masked(golden(name));
    const targets = whole.map((id, i) => (i % 2 === 0 ? id : NO_TARGET));
    for (const { name: weight, error } of await gradientDifferences(golden(name), [
      { inputs: example.ids, targets },
    ])) {
      expect(error, weight).toBeLessThan(0.02);
    }
  });

  it("an adapter learns, goes on with the same bits, and is merged", async () => {
    const model = golden("bert-mlm");
    const { example, text, id } = await masked(model);
    const trained = { kind: "adapter", rank: 4, dropout: 0.1 } as const;
    await using trainer = await createTrainer({ model, ...settings, trained, dropout: 0.1 });
    const before = await trainer.evaluate([example]);
    for (let step = 1; step < settings.steps; step++) await trainer.step([example]);
    expect((await trainer.evaluate([example])).loss).toBeLessThan(0.5 * before.loss);
    await trainer.save(file("adapter"));
    const next = await trainer.step([example]);
    await using resumed = await createTrainer({ model: file("adapter"), resume: true, threads: 2 });
    const { loss } = await resumed.evaluate([example]);
    expect(await resumed.step([example])).toEqual(next);
    await mergeAdapters(model, [{ path: file("adapter") }], file("merged"));
    await using encoder = await loadEncoder(file("merged"), { threads: 1 });
    const [filled] = await encoder.fillMask(text, { top: 1000 });
    const found = filled?.candidates.find((candidate) => candidate.id === id);
    expect(-Math.log(found?.probability ?? 0)).toBeCloseTo(loss, 3);
  });

  it.each([
    ["gpt2", {}, /is no encoder, so it fills no masks: give it the objective language/],
    ["bert-embed", {}, /has no head for masks: take the checkpoint of its model \.\.\.ForMaskedLM/],
  ] as const)("refuses %s", async (name, changes, message) => {
    const error = await rejectionOf(createTrainer({ model: golden(name), ...settings, ...changes }));
    expect([error.code, error.message]).toEqual(["usage", expect.stringMatching(message)]);
  });

  it("refuses examples without the ids before the masks", async () => {
    await using trainer = await createTrainer({ model: golden("bert-mlm"), ...settings });
    const wrong = async (example: object) => (await rejectionOf(trainer.step([example as never]))).message;
    expect(await wrong([1, 2, 3])).toMatch(/labels: expected the list of the ids before the masks/);
    expect(await wrong({ ids: [1, 2], labels: [1] })).toMatch(/1 labels for 2 token ids/);
    expect(await wrong({ ids: [1, 2], labels: [1, 1e9] })).toMatch(/an id below \d+ or -100 is expected/);
    expect(await wrong({ ids: [1, 2], labels: [-100, -100] })).toMatch(/at least one id/);
  });
});
