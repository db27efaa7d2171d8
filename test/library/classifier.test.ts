import { existsSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import {
  createTrainer,
  loadClassifier,
  loadModel,
  type ModelOptions,
  mergeAdapters,
  quantizeModel,
} from "../../src/index.ts";
import { softmax } from "../../src/reference/twins.ts";
import { saveTokenizer, trainTokenizer } from "../../src/tokenizer/trainer/index.ts";
import { rejectionOf } from "../fixtures/errors.ts";
import { writeRandomDirectory } from "../fixtures/random-checkpoint.ts";
import { gpt2, llama } from "../fixtures/stored-config.ts";
import { temporaryFolder } from "../fixtures/temporary.ts";
import { decoderOf } from "../fixtures/uniform.ts";
import { decoderLogits, type Weights } from "../reference/decoder.ts";
import { writeAdapter } from "../weights/adapters/write-adapter.ts";

const file = temporaryFolder();
const labels = ["__proto__", "NEGATIVE", "9"];
const classifier = { ...gpt2, vocabSize: 300, labels } as const;
let weights: Weights;

beforeAll(async () => {
  const tokenizer = await trainTokenizer(["some words, and some others"], { vocabSize: 300 });
  const save = (name: string) => saveTokenizer(tokenizer, file(name));
  weights = writeRandomDirectory(file("classifier"), classifier);
  await save("classifier");
  writeRandomDirectory(file("headless"), { ...llama, vocabSize: 300, labels });
  await save("headless");
  writeRandomDirectory(file("model"), { ...gpt2, vocabSize: 300 });
  await save("model");
});

describe("a classifier", () => {
  it("names the class of a text with the probabilities of the reference", async () => {
    await using loaded = await loadClassifier(file("classifier"), { threads: 1, simd: "plain" });
    expect(loaded.labels).toEqual(labels);
    for (const text of ["some words", "and others", "x"]) {
      const ids = loaded.tokenizer.encode(text);
      const scores = decoderLogits(decoderOf(classifier), weights, ids).at(-1) ?? [];
      const expected = softmax(scores);
      const { label, probability, probabilities, truncated } = await loaded.classify(text);
      expect(label).toBe(labels[scores.indexOf(Math.max(...scores))]);
      expect(probability).toBe(probabilities[label]);
      expect(truncated).toBe(false);
      for (const [i, name] of labels.entries()) expect(probabilities[name]).toBeCloseTo(expected[i] ?? 0, 4);
    }
  });

  it("reads a text to the end of the context and says that there is more", async () => {
    await using loaded = await loadClassifier(file("classifier"), { threads: 1, contextSize: 5 });
    const long = "some words, and some others, and others still";
    const cut = loaded.tokenizer.decode(loaded.tokenizer.encode(long).slice(0, 5));
    const { truncated, ...answer } = await loaded.classify(long);
    expect(truncated).toBe(true);
    expect(await loaded.classify(cut)).toEqual({ ...answer, truncated: false });
  });

  it("reads an empty text as the token that begins texts, and many at a time", async () => {
    await using loaded = await loadClassifier(file("classifier"), { threads: 2 });
    const texts = ["", "some", "others", ""];
    const together = await Promise.all(texts.map((text) => loaded.classify(text)));
    expect(together[3]).toEqual(together[0]);
    expect(await loaded.classify("some")).toEqual(together[1]);
  });

  it("classifies where nothing is left to write with", async () => {
    await using loaded = await loadClassifier(file("headless"), { threads: 1 });
    expect(labels).toContain((await loaded.classify("words")).label);
    expect((await rejectionOf(loadModel(file("headless")))).message).toContain("gpt classify runs it");
  });

  it("refuses what is no text, and what is no classifier", async () => {
    await using loaded = await loadClassifier(file("classifier"), { threads: 1 });
    const given: unknown = 7;
    expect((await rejectionOf(loaded.classify(given as string))).code).toBe("usage");
    expect(await rejectionOf(loadClassifier(file("model")))).toMatchObject({
      code: "invalid-file",
      message: expect.stringContaining("is a language model, no classifier"),
    });
  });

  it("keeps its head in another type, and with an adapter in it", async () => {
    await quantizeModel(file("classifier"), file("f32"), "f32", { threads: 1 });
    writeAdapter(file("adapter"), { "h.0.mlp.c_fc": [gpt2.nInner, gpt2.nEmbd] });
    const adapters = [{ path: file("adapter") }];
    await mergeAdapters(file("classifier"), adapters, file("merged"), { threads: 1 });
    const answer = async (name: string, options: ModelOptions = {}) => {
      await using loaded = await loadClassifier(file(name), { threads: 1, ...options });
      return await loaded.classify("some words");
    };
    const [itself, adapted] = [await answer("classifier"), await answer("classifier", { adapters })];
    expect(adapted).not.toEqual(itself);
    expect([await answer("f32"), await answer("merged")]).toEqual([itself, adapted]);
  });

  it("has no place in a GGUF file, and is not trained to write", async () => {
    const output = file("classifier.gguf");
    expect(await rejectionOf(quantizeModel(file("classifier"), output, "q8_0"))).toMatchObject({
      code: "usage",
      message: expect.stringContaining("GGUF has no architecture for classifiers"),
    });
    expect(existsSync(output)).toBe(false);
    expect(await rejectionOf(createTrainer({ model: file("classifier"), steps: 1 }))).toMatchObject({
      code: "usage",
      message: expect.stringContaining("is a classifier, which is trained as one alone"),
    });
  });

  it("is stopped by a signal", async () => {
    await using loaded = await loadClassifier(file("classifier"), { threads: 1 });
    await expect(loaded.classify("some", { signal: AbortSignal.abort(new Error("enough")) })).rejects.toThrow(
      "enough",
    );
  });
});
