import { describe, expect, it } from "vitest";
import { windowOf } from "../../src/families/layers/layer-types.ts";
import { parseModel } from "../../src/families/parse.ts";
import type { JsonObject } from "../../src/files/json.ts";
import { weightTable } from "../../src/model/weights.ts";
import * as configs from "../fixtures/configs.ts";
import { uniformOf } from "../fixtures/uniform.ts";
import { checkpointOf, configOf, uniformConfigOf } from "./config-json.ts";

describe("config.json becomes the decoder's config", () => {
  it("GPT-1", async () => {
    expect(await uniformConfigOf(configs.openaiGpt)).toEqual({
      family: "openai-gpt",
      vocabSize: 40478,
      nLayer: 12,
      nHead: 12,
      nKvHead: 12,
      headDim: 64,
      nEmbd: 768,
      nInner: 3072,
      nPositions: 512,
      norm: "layernorm",
      normEpsilon: 1e-5,
      normPlacement: "post",
      queryKeyNorm: false,
      position: { kind: "learned" },
      activation: "gelu_tanh",
      gated: false,
      qkvBias: true,
      attentionOutputBias: true,
      mlpBias: true,
      tiedHead: true,
    });
  });

  it("GPT-2 and Cerebras-GPT", async () => {
    const block = {
      family: "gpt2",
      normPlacement: "pre",
      position: { kind: "learned" },
      tiedHead: true,
      nInner: 3072,
    };
    expect(await uniformConfigOf(configs.gpt2)).toMatchObject({
      ...block,
      activation: "gelu_tanh",
      nPositions: 1024,
    });
    expect(await uniformConfigOf(configs.cerebras111m)).toMatchObject({
      ...block,
      activation: "gelu_erf",
      nPositions: 2048,
    });
  });

  it("Llama 3.2", async () => {
    expect(await uniformConfigOf(configs.llama32)).toEqual({
      family: "llama",
      vocabSize: 128256,
      nLayer: 16,
      nHead: 32,
      nKvHead: 8,
      headDim: 64,
      nEmbd: 2048,
      nInner: 8192,
      nPositions: 131072,
      norm: "rmsnorm",
      normEpsilon: 1e-5,
      normPlacement: "pre",
      queryKeyNorm: false,
      position: {
        kind: "rotary",
        theta: 500000,
        scaling: { kind: "llama3", factor: 32, lowFreqFactor: 1, highFreqFactor: 4, originalPositions: 8192 },
      },
      activation: "silu",
      gated: true,
      qkvBias: false,
      attentionOutputBias: false,
      mlpBias: false,
      tiedHead: true,
    });
  });

  it("SmolLM2 and TinyLlama", async () => {
    expect(await uniformConfigOf(configs.smolLm2)).toMatchObject({
      nHead: 9,
      nKvHead: 3,
      headDim: 64,
      position: { kind: "rotary", theta: 100000, scaling: { kind: "none" } },
      tiedHead: true,
    });
    expect(await uniformConfigOf(configs.tinyLlama)).toMatchObject({
      nKvHead: 4,
      headDim: 64,
      tiedHead: false,
    });
  });

  it("Mistral, with and without a window", async () => {
    const { family, nPositions, layers } = await configOf(configs.mistral7b);
    expect([family, nPositions]).toEqual(["mistral", 32768]);
    expect(new Set(layers.map(windowOf))).toEqual(new Set([4096]));
    const mistral = await uniformConfigOf({ ...configs.mistral7b, sliding_window: null });
    expect(mistral).toMatchObject({ family: "llama", nKvHead: 8, nPositions: 32768, qkvBias: false });
  });

  it("Qwen2.5 and Qwen3", async () => {
    const biases = { attentionOutputBias: false, mlpBias: false, tiedHead: true };
    expect(await uniformConfigOf(configs.qwen25)).toMatchObject({
      ...biases,
      family: "qwen2",
      headDim: 64,
      nKvHead: 2,
      nPositions: 32768,
      qkvBias: true,
      queryKeyNorm: false,
      position: { theta: 1e6 },
    });
    expect(await uniformConfigOf(configs.qwen3)).toMatchObject({
      ...biases,
      family: "qwen3",
      headDim: 128,
      nKvHead: 8,
      nPositions: 40960,
      qkvBias: false,
      queryKeyNorm: true,
    });
    const biased = await uniformConfigOf({ ...configs.qwen3, attention_bias: true });
    expect(biased).toMatchObject({ qkvBias: true, attentionOutputBias: true });
  });

  it("with Hugging Face's defaults for what is missing", async () => {
    expect(await uniformConfigOf({ model_type: "gpt2" })).toEqual(await uniformConfigOf(configs.gpt2));
    expect(await uniformConfigOf({ model_type: "openai-gpt" })).toEqual(
      await uniformConfigOf(configs.openaiGpt),
    );
    expect(await uniformConfigOf({ model_type: "llama" })).toMatchObject({
      vocabSize: 32000,
      nLayer: 32,
      nKvHead: 32,
      headDim: 128,
      nInner: 11008,
      nPositions: 2048,
      normEpsilon: 1e-6,
      position: { theta: 10000 },
      tiedHead: false,
    });
    expect(await uniformConfigOf({ model_type: "mistral", sliding_window: null })).toMatchObject({
      nKvHead: 8,
      nInner: 14336,
      nPositions: 131072,
    });
    expect(await uniformConfigOf({ model_type: "qwen2" })).toMatchObject({
      vocabSize: 151936,
      nKvHead: 32,
      nPositions: 32768,
    });
    expect(await uniformConfigOf({ model_type: "qwen3" })).toMatchObject({ headDim: 128, nInner: 22016 });
    expect(await uniformConfigOf({ model_type: "gpt2", n_inner: null })).toMatchObject({ nInner: 3072 });
    expect(
      await uniformConfigOf({ model_type: "mistral", sliding_window: null, num_key_value_heads: null }),
    ).toMatchObject({
      nKvHead: 32,
    });
  });

  it("under the names of other families, as Hugging Face's attribute_map allows", async () => {
    const config = { model_type: "gpt2", hidden_size: 64, num_attention_heads: 4, num_hidden_layers: 2 };
    expect(await uniformConfigOf({ ...config, max_position_embeddings: 16 })).toMatchObject({
      nEmbd: 64,
      nHead: 4,
      nLayer: 2,
      nPositions: 16,
    });
  });

  it.each([
    ["gelu_new", "gelu_tanh"],
    ["gelu_pytorch_tanh", "gelu_tanh"],
    ["gelu_fast", "gelu_tanh"],
    ["quick_gelu", "quick_gelu"],
    ["relu6", "relu6"],
    ["sigmoid", "sigmoid"],
    ["gelu", "gelu_erf"],
    ["silu", "silu"],
    ["swish", "silu"],
  ])("GPT-2's activation %s", async (activation_function, activation) => {
    expect(await uniformConfigOf({ ...configs.gpt2, activation_function })).toMatchObject({ activation });
  });

  it("with sinusoidal positions, an extension of ours", async () => {
    const config = { ...configs.gpt2, position_embedding_type: "sinusoidal" };
    expect(await uniformConfigOf(config)).toMatchObject({ position: { kind: "sinusoidal" } });
    expect(weightTable(await configOf(config)).map(({ name }) => name)).not.toContain(
      "position_embedding.weight",
    );
    expect(await uniformConfigOf({ ...config, position_embedding_type: "absolute" })).toMatchObject({
      position: { kind: "learned" },
    });
  });
});

describe("the head", () => {
  const tied = async (config: JsonObject, tensors: readonly string[]) =>
    uniformOf((await parseModel(checkpointOf(config, {}, tensors))).config).tiedHead;
  it("is tied where the config says so, or says nothing and there is no head", async () => {
    const { tie_word_embeddings: _, ...silent } = configs.tinyLlama;
    expect(await tied(silent, [])).toBe(false);
    expect(await tied(silent, ["lm_head.weight"])).toBe(false);
    expect(await tied(silent, ["model.norm.weight"])).toBe(true);
    expect(await tied(configs.tinyLlama, ["model.norm.weight"])).toBe(false);
    expect(await tied(configs.llama32, ["lm_head.weight"])).toBe(true);
    expect(await tied(configs.gpt2, ["lm_head.weight"])).toBe(true);
    expect(await tied({ ...configs.gpt2, tie_word_embeddings: false }, ["lm_head.weight"])).toBe(false);
  });
});
