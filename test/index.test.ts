import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { LanguageModel, Trainer } from "../src/index.ts";
import * as library from "../src/index.ts";
import { temporaryFolder } from "./fixtures/temporary.ts";

const file = temporaryFolder();

/** What callers without types may give, and what is right nowhere below. */
const WRONG: readonly unknown[] = [null, true, { no: "such" }];

type Call = (wrong: never) => unknown;

describe("the library answers arguments of a wrong type in one line", () => {
  const { loadModel, loadClassifier, mergeAdapters, compareModels, quantizeModel, createTrainer } = library;
  let model: LanguageModel;
  let trainer: Trainer;
  beforeAll(async () => {
    model = await loadModel("stories", { threads: 1, contextSize: 8 });
    trainer = await createTrainer({ model: "stories", steps: 1, threads: 1, contextSize: 8 });
  });
  afterAll(async () => {
    await model.close();
    await trainer.close();
  });

  const calls: Readonly<Record<string, Call>> = {
    "loadModel, options": (wrong) => loadModel("stories", wrong),
    "loadModel, an adapter": (wrong) => loadModel("stories", { adapters: [wrong] }),
    "loadModel, quantization": (quantization) => loadModel("stories", { quantization }),
    "loadModel, signal": (signal) => loadModel("stories", { signal }),
    "loadModel, onProgress": (onProgress) => loadModel("stories", { onProgress }),
    "loadClassifier, options": (wrong) => loadClassifier("stories", wrong),
    "mergeAdapters, adapters": (wrong) => mergeAdapters("stories", wrong, file("merged")),
    "mergeAdapters, an adapter": (wrong) => mergeAdapters("stories", [wrong], file("merged")),
    "mergeAdapters, directory": (wrong) => mergeAdapters("stories", [{ path: file("adapter") }], wrong),
    "mergeAdapters, options": (wrong) => mergeAdapters("stories", [], file("merged"), wrong),
    "quantizeModel, output": (wrong) => quantizeModel("stories", wrong, "q8_0"),
    "quantizeModel, type": (wrong) => quantizeModel("stories", file("out.gguf"), wrong),
    "quantizeModel, options": (wrong) => quantizeModel("stories", file("out.gguf"), "q8_0", wrong),
    "compareModels, model": (wrong) => compareModels(wrong, model, "a text"),
    "compareModels, other": (wrong) => compareModels(model, wrong, "a text"),
    "compareModels, text": (wrong) => compareModels(model, model, wrong),
    "compareModels, options": (wrong) => compareModels(model, model, "a text", wrong),
    "createTrainer, options": (wrong) => createTrainer(wrong),
    "createTrainer, model": (model) => createTrainer({ model, steps: 1 }),
    "createTrainer, signal": (signal) => createTrainer({ model: "stories", steps: 1, signal }),
    "topLogprobs, logits": (wrong) => library.topLogprobs(wrong, 1),
    "generate, prompt": (wrong) => model.generate(wrong),
    "generate, options": (wrong) => model.generate("a", wrong),
    "promptIds, prompt": (wrong) => model.promptIds(wrong),
    "step, batch": (wrong) => trainer.step(wrong),
    "step, an example": (wrong) => trainer.step([wrong]),
    "step, ids": (ids) => trainer.step([{ ids, labels: [] }]),
    "step, labels": (labels) => trainer.step([{ ids: [1, 2], labels }]),
    "step, options": (wrong) => trainer.step([[1, 2]], wrong),
    "step, lr": (lr) => trainer.step([[1, 2]], { lr }),
    "evaluate, options": (wrong) => trainer.evaluate([[1, 2]], wrong),
    "save, directory": (wrong) => trainer.save(wrong),
  };

  it.each(Object.entries(calls))("%s", async (_, call) => {
    for (const wrong of WRONG) {
      const refused = await Promise.resolve()
        .then(() => call(wrong as never))
        .catch((error: unknown) => error);
      expect(refused, String(wrong)).toBeInstanceOf(library.GptError);
      expect(refused).toMatchObject({ code: "usage", message: expect.stringMatching(/^[^\n]+$/) });
    }
  });
});
