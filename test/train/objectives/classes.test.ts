import { readFileSync, writeFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { readSafetensors } from "../../../src/checkpoint/safetensors.ts";
import { quantizeModel } from "../../../src/convert/quantize.ts";
import { loadModel } from "../../../src/library/load-model.ts";
import { createTrainer, type TrainerOptions } from "../../../src/train/create-trainer.ts";
import type { ClassExample, Example } from "../../../src/train/examples.ts";
import type { ChosenClasses } from "../../../src/train/objectives/classes.ts";
import type { Trainer } from "../../../src/train/trainer.ts";
import { rejectionOf } from "../../fixtures/errors.ts";
import { writeRandomDirectory } from "../../fixtures/random-checkpoint.ts";
import { gpt2, llama } from "../../fixtures/stored-config.ts";
import { temporaryFolder } from "../../fixtures/temporary.ts";
import { TestRandom } from "../../reference/random.ts";

const labels = ["no", "perhaps", "yes"];
const file = temporaryFolder();

const examples: readonly ClassExample[] = Array.from({ length: 9 }, (_, i) => {
  const random = new TestRandom(i);
  const ids = Array.from({ length: 2 + (i % 5) }, () => random.integer(gpt2.vocabSize));
  return { ids, label: labels[i % 3] ?? "" };
});
const common = { steps: 30, lr: 1e-2, warmupSteps: 2, dropout: 0.1, threads: 2, microBatchTokens: 16 };
const objective = { kind: "classes", labels } as const;
const create = (options: Partial<TrainerOptions> = {}) =>
  createTrainer({ model: file("base"), objective, ...common, ...options });
const tensorsOf = (directory: string) => readSafetensors(file(directory, "model.safetensors"));
const configOf = (directory: string) => JSON.parse(readFileSync(file(directory, "config.json"), "utf8"));

describe("a trainer of classifiers", () => {
  beforeAll(() => {
    writeRandomDirectory(file("base"), gpt2);
    writeRandomDirectory(file("untied"), llama);
  });

  it("learns which text is of which class", async () => {
    const trainer = await create();
    const before = await trainer.evaluate(examples);
    expect(before.targets).toBe(9);
    const first = await trainer.step(examples);
    while (trainer.steps < 30) await trainer.step(examples);
    const { loss, outcomes } = await trainer.evaluate(examples);
    await trainer.close();
    expect(loss).toBeLessThan(Math.min(first.loss, before.loss) / 4);
    expect(outcomes?.map(({ predicted }) => predicted)).toEqual(examples.map(({ label }) => label));
  });

  it("resumes a saved run, bit for bit", async () => {
    const train = async (trainer: Trainer, until: number) => {
      while (trainer.steps < until) await trainer.step(examples.slice(trainer.steps % 4));
    };
    const straight = await create({ threads: 1 });
    await train(straight, 6);
    await straight.save(file("straight"));
    await straight.close();
    const before = await create();
    await train(before, 3);
    await before.save(file("resumed"));
    await before.close();
    const after = await createTrainer({ model: file("resumed"), resume: true, threads: 4 });
    expect(after.hyperparameters.objective).toEqual({
      kind: "classes",
      labels,
      lmLossWeight: 0.5,
      dropout: 0.1,
    });
    await train(after, 6);
    await after.save(file("resumed"));
    await after.close();
    for (const name of ["model.safetensors", "optimizer-6.safetensors", "config.json"]) {
      expect(readFileSync(file("resumed", name)).equals(readFileSync(file("straight", name)))).toBe(true);
    }
  });

  it.each(["base", "untied"])("trains a GGUF file as its directory: %s", async (name) => {
    await quantizeModel(file(name), file(`${name}.gguf`), "f32");
    const found = [file(name), file(`${name}.gguf`)].map(async (model) => {
      const trainer = await create({ model, objective: { ...objective, lmLossWeight: 0 } });
      const steps = [await trainer.step(examples), await trainer.step(examples)];
      await trainer.close();
      return steps;
    });
    const [wanted, steps] = await Promise.all(found);
    expect(steps).toEqual(wanted);
  });

  it("saves what transformers reads as a classifier, and what still writes", async () => {
    writeFileSync(file("base", "config.json"), JSON.stringify({ ...configOf("base"), eos_token_id: 7 }));
    const trainer = await create();
    await trainer.step(examples);
    await trainer.save(file("saved"));
    await trainer.close();
    expect(configOf("saved")).toMatchObject({
      architectures: ["GPT2ForSequenceClassification"],
      id2label: { 0: "no", 1: "perhaps", 2: "yes" },
      label2id: { no: 0, perhaps: 1, yes: 2 },
      num_labels: 3,
      pad_token_id: 7,
      problem_type: "single_label_classification",
    });
    const tensors = await tensorsOf("saved");
    expect(tensors.get("score.weight")?.shape).toEqual([3, gpt2.nEmbd]);
    expect([...tensors.keys()].filter((name) => !/^(transformer\.|score\.)/.test(name))).toEqual([]);
    const model = await loadModel(file("saved"), { threads: 1 });
    expect(await model.createSession().append([1, 2])).toHaveLength(gpt2.vocabSize);
    await model.close();
  });

  it("keeps the head of a classifier with the same classes, in its order, and draws one for others", async () => {
    const saved = async (directory: string, options: Partial<TrainerOptions>) => {
      const trainer = await create(options);
      await trainer.save(file(directory));
      await trainer.close();
      const head = (await tensorsOf(directory)).get("score.weight");
      if (head === undefined) throw new Error("no head");
      return readFileSync(head.file).subarray(head.offset, head.offset + head.byteLength);
    };
    const first = await saved("first", {});
    const reversed = { ...objective, labels: labels.toReversed() };
    const again = await saved("again", { model: file("first"), objective: reversed, seed: 2 });
    expect(again.equals(first)).toBe(true);
    expect(configOf("again").id2label).toEqual({ 0: "no", 1: "perhaps", 2: "yes" });
    const other = await saved("other", {
      model: file("first"),
      objective: { ...objective, labels: ["a", "b", "c"] },
      seed: 2,
    });
    expect(other.equals(first)).toBe(false);
  });

  it("trains the head alone where all else is frozen", async () => {
    const trainer = await create({ trained: { kind: "some", freeze: ["transformer.*"] } });
    expect(trainer.trainedParameters).toBe(3 * gpt2.nEmbd);
    const { gradNorm } = await trainer.step(examples);
    expect(gradNorm).toBeGreaterThan(0);
    await trainer.close();
  });

  it("drops a token head that is no embedding, and refuses a language-model loss then", async () => {
    expect(await rejectionOf(create({ model: file("untied") }))).toMatchObject({
      code: "usage",
      message: expect.stringContaining("a language-model loss of weight 0.5: "),
    });
    const trainer = await create({ model: file("untied"), objective: { ...objective, lmLossWeight: 0 } });
    await trainer.step(examples);
    await trainer.save(file("headless"));
    await trainer.close();
    expect((await tensorsOf("headless")).has("lm_head.weight")).toBe(false);
    expect((await rejectionOf(loadModel(file("headless")))).message).toContain(
      "this classifier cannot write, gpt classify runs it",
    );
  });

  it.each([
    [
      { objective: { ...objective, labels: ["one"] } },
      "labels must be a list of at least two different names",
    ],
    [
      { objective: { ...objective, labels: ["a", "a"] } },
      "labels must be a list of at least two different names",
    ],
    [
      { objective: { kind: "classes" } as ChosenClasses },
      "labels are missing: expected a list of at least two different names",
    ],
    [{ objective: { ...objective, lmLossWeight: -1 } }, "lmLossWeight must be a number from 0"],
    [
      { objective: { kind: "wish" } as never },
      "objective.kind must be one of language, classes, masked-language, sequence-to-sequence,",
    ],
    [{ trained: { kind: "adapter" } }, "adapter: the weights of a classifier are trained themselves"],
  ] satisfies [Partial<TrainerOptions>, string][])("refuses %j", async (options, message) => {
    expect(await rejectionOf(create(options))).toMatchObject({
      code: "usage",
      message: expect.stringContaining(message),
    });
  });

  it("refuses examples without a label, and labels for a language model", async () => {
    const trainer = await create();
    const refusal = async (example: Example) => (await rejectionOf(trainer.step([example]))).message;
    expect(await refusal([1, 2])).toContain('batch[0]: label missing: a class is expected, such as "no"');
    expect(await refusal({ ids: [1], label: "maybe" })).toContain('label "maybe": a class is expected');
    expect(await refusal({ ids: [], label: "no" })).toContain("0 token ids: at least 1 are expected");
    await trainer.close();
    const writer = await create({ objective: { kind: "language" } });
    expect((await rejectionOf(writer.step([{ ids: [1, 2], label: "no" }]))).message).toContain(
      "has a label, but this model is no classifier",
    );
    await writer.close();
  });
});
