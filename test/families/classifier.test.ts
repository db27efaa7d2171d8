import { describe, expect, it } from "vitest";
import { configAlone } from "../../src/checkpoint/checkpoint.ts";
import { asClassifier } from "../../src/families/classifier.ts";
import { parseModel } from "../../src/families/parse.ts";
import type { JsonObject } from "../../src/files/json.ts";
import { configOfShape } from "../../src/train/new-model/model-shape.ts";
import { rejectionOf } from "../fixtures/errors.ts";
import { sourcesOf } from "./config-json.ts";

const shape = { layers: 1, heads: 2, width: 16, context: 32, vocabulary: 301 };
const language = (family: "gpt2" | "llama") => configAlone("model", configOfShape({ ...shape, family }, 300));
const classifier = (changes: JsonObject) =>
  configAlone("model", {
    ...language("gpt2").config,
    architectures: ["GPT2ForSequenceClassification"],
    ...changes,
  });

describe("the head of a classifier", () => {
  it.each([
    [{ id2label: { 0: "NEG", 1: "POS" } }, ["NEG", "POS"]],
    [{ id2label: { 2: "c", 0: "a", 1: "b" }, problem_type: "single_label_classification" }, ["a", "b", "c"]],
    [{}, ["LABEL_0", "LABEL_1"]],
    [{ num_labels: 3, problem_type: null }, ["LABEL_0", "LABEL_1", "LABEL_2"]],
  ] satisfies [JsonObject, string[]][])("reads the classes of %j", async (changes, labels) => {
    const description = await parseModel(classifier(changes));
    expect(description.config.head).toEqual({
      kind: "classes",
      labels,
      bias: false,
      pooling: "last",
      independent: false,
    });
    expect(sourcesOf(description, "head.weight")).toEqual([{ tensor: "score.weight", layout: "linear" }]);
    expect(sourcesOf(description, "final_norm.weight")).toEqual([
      { tensor: "ln_f.weight", layout: "linear" },
    ]);
  });

  it.each([
    [{ id2label: { 0: "relevant" } }],
    [{ num_labels: 1 }],
    [{ num_labels: 3, problem_type: "multi_label_classification" }],
  ] satisfies [JsonObject][])("gives each class of %j a probability of its own", async (changes) => {
    expect((await parseModel(classifier(changes))).config.head).toMatchObject({ independent: true });
  });

  it("knows a family by its classifiers, too", async () => {
    const { model_type: _, ...config } = classifier({}).config;
    expect((await parseModel(configAlone("model", config))).config.family).toBe("gpt2");
  });

  it.each([
    [{ id2label: { 0: "a", 1: "a" } }, "expected different names"],
    [{ id2label: { 0: "a", 2: "b" } }, "expected different names"],
    [{ id2label: {} }, "expected different names"],
    [{ id2label: ["a", "b"] }, "id2label is"],
    [{ num_labels: 0 }, "num_labels is 0, expected a whole number from 1"],
    [{ problem_type: "regression" }, 'problem_type is "regression", but there are several labels'],
    [{ architectures: ["GPT2LMHeadModel"] }, "model: is a language model, no classifier: gpt train DATA"],
  ] satisfies [JsonObject, string][])("refuses %j", async (changes, message) => {
    const error = await rejectionOf(parseModel(classifier(changes), "classes"));
    expect([error.code, error.message]).toEqual(["invalid-file", expect.stringContaining(message)]);
  });
});

describe("asClassifier", () => {
  it.each([
    ["gpt2", "GPT2ForSequenceClassification", "transformer."],
    ["llama", "LlamaForSequenceClassification", "model."],
  ] as const)("says of a %s what transformers wants to read", async (family, name, prefix) => {
    const stored = { dtype: "F32", shape: [1], file: "f", offset: 0, byteLength: 4 };
    const names = ["norm.weight", `${prefix}other.weight`, "lm_head.weight"];
    const tensors = new Map(names.map((name) => [name, { ...stored, name }]));
    const { checkpoint, isHeadNew } = await asClassifier({ ...language(family), tensors }, ["no", "yes"]);
    expect(isHeadNew).toBe(true);
    expect(checkpoint.config).toMatchObject({
      architectures: [name],
      id2label: { 0: "no", 1: "yes" },
      label2id: { no: 0, yes: 1 },
      num_labels: 2,
      pad_token_id: 300,
      problem_type: "single_label_classification",
    });
    expect([...checkpoint.tensors.keys()].sort()).toEqual(
      [`${prefix}norm.weight`, `${prefix}other.weight`, "lm_head.weight", "score.weight"].sort(),
    );
  });

  it("keeps a padding token that is there", async () => {
    const { path, config } = language("gpt2");
    const { checkpoint } = await asClassifier(configAlone(path, { ...config, pad_token_id: 5 }), ["a", "b"]);
    expect(checkpoint.config.pad_token_id).toBe(5);
  });
});
