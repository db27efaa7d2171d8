import { describe, expect, it } from "vitest";
import type { HuggingFaceCheckpoint, StoredTensor } from "../../../src/checkpoint/checkpoint.ts";
import type { JsonObject } from "../../../src/files/json.ts";
import { describeModel } from "../../../src/model/families/index.ts";
import { weightTable } from "../../../src/model/weights.ts";
import * as configs from "../../fixtures/configs.ts";
import { rejectionOf } from "../../fixtures/errors.ts";

function checkpointOf(
  config: JsonObject,
  generationConfig: JsonObject = {},
  tensors: readonly string[] = [],
) {
  const stored = (name: string): StoredTensor => ({
    name,
    dtype: "F32",
    shape: [],
    file: "",
    offset: 0,
    byteLength: 0,
  });
  return {
    format: "huggingface",
    path: "models/x",
    config,
    generationConfig,
    tensors: new Map(tensors.map((name) => [name, stored(name)])),
  } satisfies HuggingFaceCheckpoint;
}

const configOf = async (config: JsonObject) => (await describeModel(checkpointOf(config))).config;

async function parametersOf(config: JsonObject): Promise<number> {
  const sizes = weightTable(await configOf(config)).map(
    ({ shape: [outputs, inputs = 1] }) => outputs * inputs,
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

describe("public models have as many parameters as published", () => {
  const { gpt2 } = configs;
  it.each([
    ["GPT-1", configs.openaiGpt, 116_534_784],
    ["GPT-2 124M", gpt2, 124_439_808],
    ["GPT-2 355M", { ...gpt2, n_embd: 1024, n_layer: 24, n_head: 16 }, 354_823_168],
    ["GPT-2 774M", { ...gpt2, n_embd: 1280, n_layer: 36, n_head: 20 }, 774_030_080],
    ["GPT-2 1.5B", { ...gpt2, n_embd: 1600, n_layer: 48, n_head: 25 }, 1_557_611_200],
    ["GPT-3 175B", configs.gpt3, 174_604_259_328],
    ["Cerebras-GPT 111M", configs.cerebras111m, 111_050_496],
    ["Llama 3.2 1B", configs.llama32, 1_235_814_400],
    ["TinyLlama 1.1B", configs.tinyLlama, 1_100_048_384],
    ["SmolLM2 135M", configs.smolLm2, 134_515_008],
    ["Mistral 7B", configs.mistral7b, 7_241_732_096],
    ["Qwen2.5 0.5B", configs.qwen25, 494_032_768],
    ["Qwen3 0.6B", configs.qwen3, 596_049_920],
  ])("%s", async (_name, config, parameters) => {
    expect(await parametersOf(config)).toBe(parameters);
  });

  it("GPT-3's token embedding alone has 617,558,016", async () => {
    const [embedding] = weightTable(await configOf(configs.gpt3));
    expect(embedding).toEqual({ name: "token_embedding.weight", shape: [50257, 12288] });
    expect(50257 * 12288).toBe(617_558_016);
  });
});

describe("config.json becomes the decoder's config", () => {
  it("GPT-1", async () => {
    expect(await configOf(configs.openaiGpt)).toEqual({
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
    expect(await configOf(configs.gpt2)).toMatchObject({
      ...block,
      activation: "gelu_tanh",
      nPositions: 1024,
    });
    expect(await configOf(configs.cerebras111m)).toMatchObject({
      ...block,
      activation: "gelu_erf",
      nPositions: 2048,
    });
  });

  it("Llama 3.2", async () => {
    expect(await configOf(configs.llama32)).toEqual({
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
    expect(await configOf(configs.smolLm2)).toMatchObject({
      nHead: 9,
      nKvHead: 3,
      headDim: 64,
      position: { kind: "rotary", theta: 100000, scaling: { kind: "none" } },
      tiedHead: true,
    });
    expect(await configOf(configs.tinyLlama)).toMatchObject({ nKvHead: 4, headDim: 64, tiedHead: false });
  });

  it("Mistral, whose window ends the context", async () => {
    const mistral = await configOf(configs.mistral7b);
    expect(mistral).toMatchObject({ family: "llama", nKvHead: 8, nPositions: 4096, qkvBias: false });
    expect(await configOf({ ...configs.mistral7b, sliding_window: null })).toMatchObject({
      nPositions: 32768,
    });
  });

  it("Qwen2.5 and Qwen3", async () => {
    const biases = { attentionOutputBias: false, mlpBias: false, tiedHead: true };
    expect(await configOf(configs.qwen25)).toMatchObject({
      ...biases,
      family: "qwen2",
      headDim: 64,
      nKvHead: 2,
      nPositions: 32768,
      qkvBias: true,
      queryKeyNorm: false,
      position: { theta: 1e6 },
    });
    expect(await configOf(configs.qwen3)).toMatchObject({
      ...biases,
      family: "qwen3",
      headDim: 128,
      nKvHead: 8,
      nPositions: 40960,
      qkvBias: false,
      queryKeyNorm: true,
    });
    const biased = await configOf({ ...configs.qwen3, attention_bias: true });
    expect(biased).toMatchObject({ qkvBias: true, attentionOutputBias: true });
  });

  it("with Hugging Face's defaults for what is missing", async () => {
    expect(await configOf({ model_type: "gpt2" })).toEqual(await configOf(configs.gpt2));
    expect(await configOf({ model_type: "openai-gpt" })).toEqual(await configOf(configs.openaiGpt));
    expect(await configOf({ model_type: "llama" })).toMatchObject({
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
    expect(await configOf({ model_type: "mistral" })).toMatchObject({
      nKvHead: 8,
      nInner: 14336,
      nPositions: 4096,
    });
    expect(await configOf({ model_type: "qwen2" })).toMatchObject({
      vocabSize: 151936,
      nKvHead: 32,
      nPositions: 32768,
    });
    expect(await configOf({ model_type: "qwen3" })).toMatchObject({ headDim: 128, nInner: 22016 });
    expect(await configOf({ model_type: "gpt2", n_inner: null })).toMatchObject({ nInner: 3072 });
    expect(await configOf({ model_type: "mistral", num_key_value_heads: null })).toMatchObject({
      nKvHead: 32,
    });
  });

  it("under the names of other families, as Hugging Face's attribute_map allows", async () => {
    const config = { model_type: "gpt2", hidden_size: 64, num_attention_heads: 4, num_hidden_layers: 2 };
    expect(await configOf({ ...config, max_position_embeddings: 16 })).toMatchObject({
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
    ["gelu", "gelu_erf"],
    ["silu", "silu"],
    ["swish", "silu"],
  ])("GPT-2's activation %s", async (activation_function, activation) => {
    expect(await configOf({ ...configs.gpt2, activation_function })).toMatchObject({ activation });
  });

  it("with sinusoidal positions, an extension of ours", async () => {
    const config = { ...configs.gpt2, position_embedding_type: "sinusoidal" };
    expect(await configOf(config)).toMatchObject({ position: { kind: "sinusoidal" } });
    expect(weightTable(await configOf(config)).map(({ name }) => name)).not.toContain(
      "position_embedding.weight",
    );
    expect(await configOf({ ...config, position_embedding_type: "absolute" })).toMatchObject({
      position: { kind: "learned" },
    });
  });
});

describe("the family", () => {
  it("is found by architectures where model_type is missing", async () => {
    const { model_type, ...config } = configs.qwen3;
    expect(await configOf(config)).toMatchObject({ family: model_type });
  });

  it("is GPT-1 or GPT-2 where only their words are there", async () => {
    const sizes = { n_layer: 2, n_head: 4, n_embd: 48 };
    expect(await configOf(sizes)).toMatchObject({ family: "gpt2" });
    expect(await configOf({ ...sizes, afn: "gelu" })).toMatchObject({ family: "openai-gpt" });
  });

  it.each([
    [{ model_type: "mamba" }, /model_type is "mamba", expected one of openai-gpt, gpt2, llama/],
    [{ model_type: "constructor" }, /model_type is "constructor"/],
    [{ model_type: 3 }, /model_type is 3/],
    [{ architectures: ["BertModel"] }, /architectures is \["BertModel"\].*expected one of/],
    [{ hidden_size: 64 }, /model_type is missing, expected one of/],
    [{ model_type: "a\nb\u001b[31m" }, /model_type is "a\\nb\\u001b\[31m"/],
  ])("is refused: %j", async (config, message) => {
    expect((await rejectionOf(describeModel(checkpointOf(config)))).message).toMatch(message);
  });
});

describe("rotary embedding", () => {
  const position = async (fields: JsonObject) =>
    (await configOf({ ...configs.tinyLlama, ...fields })).position;
  const llama3 = {
    factor: 8,
    low_freq_factor: 1,
    high_freq_factor: 4,
    original_max_position_embeddings: 8192,
  };
  const scaling = { kind: "llama3", factor: 8, lowFreqFactor: 1, highFreqFactor: 4, originalPositions: 8192 };

  it.each([
    [{ rope_theta: 5e5 }, 5e5, { kind: "none" }],
    [{ rope_theta: undefined }, 1e4, { kind: "none" }],
    [{ rope_scaling: {} }, 1e4, { kind: "none" }],
    [{ rope_scaling: { type: "linear", factor: 4 } }, 1e4, { kind: "linear", factor: 4 }],
    [{ rope_scaling: { rope_type: "default" } }, 1e4, { kind: "none" }],
    [{ rope_scaling: { rope_type: "llama3", ...llama3 }, rope_theta: 5e5 }, 5e5, scaling],
    [
      { rope_parameters: { rope_type: "llama3", rope_theta: 5e5, ...llama3 }, rope_theta: undefined },
      5e5,
      scaling,
    ],
    [{ rope_parameters: { rope_type: "default", rope_theta: 1e6 } }, 1e6, { kind: "none" }],
    [
      { rope_parameters: { full_attention: { rope_type: "default", rope_theta: 1e6 } } },
      1e6,
      { kind: "none" },
    ],
    [{ partial_rotary_factor: 1.0 }, 1e4, { kind: "none" }],
  ])("%j", async (fields, theta, expected) => {
    expect(await position(fields)).toEqual({ kind: "rotary", theta, scaling: expected });
  });
});

describe("a sliding window", () => {
  const positions = async (fields: JsonObject) =>
    (await configOf({ ...configs.qwen25, ...fields })).nPositions;
  it.each([
    [{ sliding_window: 100 }, 32768],
    [{ sliding_window: 100, use_sliding_window: true }, 32768],
    [{ sliding_window: 100, use_sliding_window: true, max_window_layers: 20 }, 100],
    [{ sliding_window: 100, use_sliding_window: true, max_window_layers: 0 }, 100],
    [{ sliding_window: 40000, use_sliding_window: true, max_window_layers: 0 }, 32768],
    [{ sliding_window: 100, layer_types: ["full_attention", "sliding_attention"] }, 100],
    [{ sliding_window: 100, layer_types: ["full_attention"] }, 32768],
  ])("of Qwen2: %j", async (fields, nPositions) => {
    expect(await positions(fields)).toBe(nPositions);
  });
});

describe("the head", () => {
  const tied = async (config: JsonObject, tensors: readonly string[]) =>
    (await describeModel(checkpointOf(config, {}, tensors))).config.tiedHead;
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

describe("ids that begin and end a text", () => {
  const ids = async (config: JsonObject, generation: JsonObject = {}) => {
    const { bosId, endOfTextIds } = await describeModel(
      checkpointOf({ ...configs.gpt2, ...config }, generation),
    );
    return [bosId, endOfTextIds];
  };
  const none = { bos_token_id: undefined, eos_token_id: undefined };

  it("come from generation_config.json first, then from config.json", async () => {
    expect(await ids({})).toEqual([50256, [50256]]);
    expect(await ids({}, { eos_token_id: [5, 7] })).toEqual([50256, [5, 7]]);
    expect(await ids({ eos_token_id: [1, 2] }, { bos_token_id: 3 })).toEqual([3, [1, 2]]);
    expect(await ids({ eos_token_id: 0 })).toEqual([50256, [0]]);
  });

  it("are none where neither names them", async () => {
    expect(await ids(none)).toEqual([undefined, []]);
    expect(await ids({ bos_token_id: null, eos_token_id: null })).toEqual([undefined, []]);
  });

  it("are none where GPT-2's own stands in the config of a smaller vocabulary", async () => {
    expect(await ids({ vocab_size: 1000 })).toEqual([undefined, []]);
  });

  it.each([
    ["bos_token_id", -1],
    ["eos_token_id", [9, 50257]],
  ])("are refused where the vocabulary does not have them: %s %j", async (name, value) => {
    const error = await rejectionOf(describeModel(checkpointOf({ ...configs.gpt2, [name]: value })));
    expect(error.code).toBe("invalid-file");
    expect(error.message).toMatch(
      `config.json: ${name} is ${JSON.stringify(value)}, expected token ids from 0 to 50256`,
    );
  });

  it("are refused where they are no ids", async () => {
    const error = await rejectionOf(describeModel(checkpointOf(configs.gpt2, { eos_token_id: "</s>" })));
    expect(error.message).toMatch(/generation_config\.json: eos_token_id is "<\/s>", expected a token id/);
  });
});

describe("what is wrong or not implemented is refused by name", () => {
  const { gpt2, openaiGpt, tinyLlama, mistral7b, qwen25, qwen3 } = configs;
  const scaled = (rope_type: string) => ({ ...tinyLlama, rope_scaling: { rope_type, factor: 4 } });
  it.each<[JsonObject, RegExp]>([
    [{ ...gpt2, n_layer: 0 }, /n_layer is 0, expected a whole number from 1 to/],
    [{ ...gpt2, n_layer: "12" }, /n_layer is "12"/],
    [{ ...gpt2, n_layer: 1e6 }, /n_layer is 1000000/],
    [{ ...gpt2, n_layer: 1.5 }, /n_layer is 1\.5/],
    [{ ...gpt2, n_embd: -768 }, /n_embd is -768/],
    [{ ...gpt2, n_embd: 1e300 }, /n_embd is 1e\+300/],
    [{ ...gpt2, n_head: 7 }, /n_embd is 768, which n_head, 7, does not divide/],
    [{ ...gpt2, vocab_size: 2 ** 40 }, /vocab_size is 1099511627776/],
    [{ ...gpt2, n_positions: [1024] }, /n_positions is \[1024\]/],
    [{ ...gpt2, layer_norm_epsilon: "1e-5" }, /layer_norm_epsilon is "1e-5", expected a number above 0/],
    [{ ...gpt2, layer_norm_epsilon: -1 }, /layer_norm_epsilon is -1/],
    [{ ...gpt2, activation_function: "relu" }, /activation_function is "relu", expected one of gelu_new/],
    [{ ...gpt2, activation_function: 3 }, /activation_function is 3/],
    [{ ...gpt2, scale_attn_weights: false }, /scale_attn_weights is false/],
    [{ ...gpt2, scale_attn_by_inverse_layer_idx: true }, /scale_attn_by_inverse_layer_idx is true/],
    [{ ...gpt2, add_cross_attention: true }, /add_cross_attention is true/],
    [{ ...gpt2, position_embedding_type: "relative_key" }, /position_embedding_type is "relative_key"/],
    [{ ...gpt2, tie_word_embeddings: "yes" }, /tie_word_embeddings is "yes", expected true or false/],
    [{ ...openaiGpt, afn: "relu" }, /afn is "relu"/],
    [{ ...tinyLlama, hidden_act: "gelu" }, /hidden_act is "gelu"/],
    [{ ...tinyLlama, num_key_value_heads: 5 }, /num_key_value_heads is 5, expected a divisor/],
    [
      { ...tinyLlama, num_attention_heads: 30, num_key_value_heads: 5 },
      /hidden_size is 2048, which num_attention_heads, 30/,
    ],
    [{ ...tinyLlama, head_dim: 63 }, /heads of 63 cannot be rotated/],
    [{ ...tinyLlama, rope_theta: 0 }, /rope_theta is 0/],
    [{ ...tinyLlama, partial_rotary_factor: 0.5 }, /partial_rotary_factor is 0\.5/],
    [
      { ...tinyLlama, rope_parameters: { partial_rotary_factor: 0.25 } },
      /rope_parameters\.partial_rotary_factor is 0\.25/,
    ],
    [scaled("yarn"), /rope_scaling\.rope_type is "yarn", which is not supported/],
    [scaled("dynamic"), /"dynamic"/],
    [scaled("longrope"), /"longrope"/],
    [{ ...tinyLlama, rope_scaling: { type: "su", factor: 4 } }, /rope_scaling\.type is "su"/],
    [{ ...tinyLlama, rope_scaling: { type: "linear" } }, /rope_scaling\.factor is missing/],
    [{ ...tinyLlama, rope_scaling: "linear" }, /rope_scaling is "linear", expected an object/],
    [{ ...tinyLlama, rope_scaling: { rope_type: "llama3", factor: 8 } }, /low_freq_factor is missing/],
    [
      {
        ...tinyLlama,
        rope_parameters: { full_attention: { rope_theta: 1 }, sliding_attention: { rope_theta: 2 } },
      },
      /rope_parameters differs between kinds of layers/,
    ],
    [
      { ...tinyLlama, quantization_config: { quant_method: "gptq", bits: 4 } },
      /quantization_config says gptq/,
    ],
    [{ ...tinyLlama, quantization: { bits: 4, group_size: 64 } }, /quantized/],
    [{ ...tinyLlama, num_local_experts: 8 }, /num_local_experts is 8, but mixtures of experts/],
    [{ ...mistral7b, sliding_window: 0 }, /sliding_window is 0/],
    [{ ...qwen25, layer_types: ["linear_attention"] }, /layer_types is \["linear_attention"\]/],
    [{ ...qwen25, layer_types: ["sliding_attention"], sliding_window: "x" }, /sliding_window is "x"/],
    [{ ...qwen3, head_dim: 0 }, /head_dim is 0/],
  ])("%#: %j", async (config, message) => {
    const error = await rejectionOf(describeModel(checkpointOf(config)));
    expect(error.code).toBe("invalid-file");
    expect(error.message).toMatch(message);
    expect(error.message).toMatch(/^models\/x\/config\.json: /);
  });
});
