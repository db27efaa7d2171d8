import { describe, expect, it } from "vitest";
import { isSizeOpen, planOf, shapeOf, warmupOf } from "../../../src/train/run/plan.ts";
import type { RunRequest } from "../../../src/train/run/request.ts";

const mini = { context: 256, width: 192 };

describe("planOf", () => {
  it("decides what flags leave open", () => {
    expect(planOf({}, mini)).toEqual({
      task: "generate",
      context: 256,
      sequences: 16,
      budget: { kind: "minutes", minutes: 5 },
      warmup: { share: 0.05 },
      schedule: "cosine",
      lr: 2.4e-3,
      minLr: 2.4e-4,
      seed: 1,
      validFraction: 0.05,
      evalWindows: 64,
      bestBy: "loss",
    });
  });

  it("adds up gradients, and trains a model that exists at a tenth of the rate", () => {
    const plan = planOf({ init: "model", batch: 3, accumulate: 4, context: 64, epochs: 2 }, mini);
    expect(plan).toMatchObject({
      context: 64,
      sequences: 12,
      lr: 2.4e-4,
      budget: { kind: "epochs", epochs: 2 },
    });
  });

  it("trains an adapter, which is new, at the whole rate, in the smaller steps of a model that exists", () => {
    expect(planOf({ init: "model", lora: 8 }, mini)).toMatchObject({ lr: 2.4e-3, sequences: 4 });
  });

  it("takes fewer texts that have labels, and measures more of them", () => {
    const plan = planOf({ init: "m", task: "classify" }, mini);
    expect(plan).toMatchObject({ task: "classify", sequences: 32, evalWindows: 256 });
  });

  it("takes as many pairs of an encoder-decoder, and shows no samples of it", () => {
    const model = { ...mini, readsSources: true };
    expect(planOf({ init: "m" }, model)).toMatchObject({ sequences: 32, evalWindows: 256, bestBy: "loss" });
    expect(() => planOf({ init: "m", sampleEvery: 5 }, model)).toThrow("--sample-every: an encoder-decoder");
    expect(planOf({ init: "m", targetLang: "fra" }, model).targetLanguage).toBe("fra");
    const other = { init: "m", sourceLang: "fra" };
    expect(() => planOf(other, { ...model, readsSources: false })).toThrow("--source-lang: only an encoder");
  });

  it("takes tokens of an encoder that fills masks, as of a model that writes", () => {
    const [masks, texts] = [planOf({ init: "m", task: "fill-mask" }, mini), planOf({ init: "m" }, mini)];
    expect({ ...masks, task: "generate" }).toEqual(texts);
  });

  it("trains a classifier for three epochs, and keeps the most accurate one", () => {
    expect(planOf({ init: "m", task: "classify" }, mini)).toMatchObject({
      budget: { kind: "epochs", epochs: 3 },
      bestBy: "accuracy",
    });
    expect(planOf({ init: "m", task: "classify", minutes: 2, bestBy: "macro-f1" }, mini)).toMatchObject({
      budget: { kind: "minutes", minutes: 2 },
      bestBy: "macro-f1",
    });
    expect(() => planOf({ bestBy: "accuracy" }, mini)).toThrow(
      "--best-by accuracy: only a classifier has it: give --task classify",
    );
  });

  it("holds nothing back where validation has data of its own", () => {
    expect(planOf({ valid: ["v.txt"] }, mini).validFraction).toBe(0);
  });

  it("refuses numbers that contradict each other", () => {
    expect(() => planOf({ context: 512 }, mini)).toThrow("--context 512: the model takes at most 256");
    expect(() => planOf({ warmup: { steps: 100 } }, mini)).toThrow(
      "--warmup 100: with --minutes the number of steps is not known: give a share, such as 5%",
    );
    expect(() => planOf({ lr: 1e-4, minLr: 1e-3 }, mini)).toThrow(
      "--min-lr 0.001: expected at most --lr, 0.0001",
    );
  });
});

describe("shapeOf", () => {
  it("is a preset's, except for requested sizes", () => {
    const shape = shapeOf({ preset: "micro", layers: 9, vocabSize: 300, family: "llama" });
    expect(shape).toEqual({
      family: "llama",
      layers: 9,
      heads: 4,
      width: 128,
      context: 256,
      vocabulary: 300,
    });
    expect(() => shapeOf({ heads: 7 })).toThrow("a width of 192 for 7 heads: expected a multiple of 7");
  });
});

describe("isSizeOpen", () => {
  it("is where nothing but the time is given", () => {
    expect(
      [{}, { minutes: 9 }, { steps: 9 }, { preset: "nano" }, { width: 64 }, { init: "m" }].map((args) =>
        isSizeOpen(args as RunRequest),
      ),
    ).toEqual([true, true, false, false, false, false]);
  });
});

describe("warmupOf", () => {
  it("is steps, or a share of the run", () => {
    expect(warmupOf({ steps: 7 }, 100)).toBe(7);
    expect(warmupOf({ share: 0.05 }, 130)).toBe(7);
  });
});
