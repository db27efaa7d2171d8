/** A decoder's config as its family writes it down: config.json of Hugging Face, and GGUF metadata. */
import type { DecoderConfig, PositionScheme, RopeScaling } from "../../src/model/config.ts";
import { type GgufMetadataToWrite, typed } from "../fixtures/writers.ts";

/** A GPT-2 with odd sizes: no axis is a multiple of 8. */
export const gpt2: DecoderConfig = {
  family: "gpt2",
  vocabSize: 131,
  nLayer: 2,
  nHead: 5,
  nKvHead: 5,
  headDim: 12,
  nEmbd: 60,
  nInner: 150,
  nPositions: 80,
  norm: "layernorm",
  normEpsilon: 2 ** -10,
  normPlacement: "pre",
  queryKeyNorm: false,
  position: { kind: "learned" },
  activation: "gelu_tanh",
  gated: false,
  qkvBias: true,
  attentionOutputBias: true,
  mlpBias: true,
  tiedHead: true,
};

export const openAiGpt: DecoderConfig = {
  ...gpt2,
  family: "openai-gpt",
  nInner: 4 * gpt2.nEmbd,
  normPlacement: "post",
};

export const rotary = (scaling: RopeScaling = { kind: "none" }): PositionScheme => ({
  kind: "rotary",
  theta: 512,
  scaling,
});

/** A Llama with odd sizes and three query heads for each key/value head. */
export const llama: DecoderConfig = {
  ...gpt2,
  family: "llama",
  nHead: 6,
  nKvHead: 2,
  headDim: 10,
  nInner: 90,
  norm: "rmsnorm",
  position: rotary(),
  activation: "silu",
  gated: true,
  qkvBias: false,
  attentionOutputBias: false,
  mlpBias: false,
  tiedHead: false,
};

export type Json = Readonly<Record<string, unknown>>;

/** What config.json says of a classifier beside the decoder; nothing of others. */
const classifierJson = ({ labels, family }: DecoderConfig): Json =>
  labels === undefined
    ? {}
    : {
        architectures: [`${family === "gpt2" ? "GPT2" : "Any"}ForSequenceClassification`],
        id2label: Object.fromEntries(labels.map((label, i) => [i, label])),
      };

/** config.json of a GPT-2 or GPT-1. */
export function gptJson(config: DecoderConfig): Json {
  const common = {
    model_type: config.family,
    vocab_size: config.vocabSize,
    n_layer: config.nLayer,
    n_head: config.nHead,
    n_embd: config.nEmbd,
    n_positions: config.nPositions,
    layer_norm_epsilon: config.normEpsilon,
    tie_word_embeddings: config.tiedHead,
    ...classifierJson(config),
  };
  // "gelu" is the tanh form in the code of GPT-1 and the exact one everywhere else.
  if (config.family === "openai-gpt")
    return { ...common, afn: config.activation === "silu" ? "silu" : "gelu" };
  const activation = { gelu_tanh: "gelu_new", gelu_erf: "gelu", silu: "silu" }[config.activation];
  const sinusoidal = config.position.kind === "sinusoidal" && { position_embedding_type: "sinusoidal" };
  return { ...common, n_inner: config.nInner, activation_function: activation, ...sinusoidal };
}

/** config.json of Llama and the families that have its block. */
export function llamaJson(config: DecoderConfig, modelType: string = config.family): Json {
  if (config.position.kind !== "rotary") throw new Error("Llama's positions are rotary");
  return {
    model_type: modelType,
    vocab_size: config.vocabSize,
    num_hidden_layers: config.nLayer,
    num_attention_heads: config.nHead,
    num_key_value_heads: config.nKvHead,
    head_dim: config.headDim,
    hidden_size: config.nEmbd,
    intermediate_size: config.nInner,
    max_position_embeddings: config.nPositions,
    rms_norm_eps: config.normEpsilon,
    hidden_act: "silu",
    rope_theta: config.position.theta,
    rope_scaling: ropeScalingJson(config.position.scaling),
    attention_bias: config.attentionOutputBias,
    mlp_bias: config.mlpBias,
    sliding_window: null,
    tie_word_embeddings: config.tiedHead,
    ...classifierJson(config),
  };
}

function ropeScalingJson(scaling: RopeScaling): Json | null {
  if (scaling.kind === "linear") return { type: "linear", factor: scaling.factor };
  if (scaling.kind !== "llama3") return null;
  return {
    rope_type: "llama3",
    factor: scaling.factor,
    low_freq_factor: scaling.lowFreqFactor,
    high_freq_factor: scaling.highFreqFactor,
    original_max_position_embeddings: scaling.originalPositions,
  };
}

/** Metadata as llama.cpp's converter writes it. Divisors are a tensor, not metadata. */
export function ggufMetadata(config: DecoderConfig): GgufMetadataToWrite {
  const { family, position } = config;
  const normName = config.norm === "rmsnorm" ? "layer_norm_rms_epsilon" : "layer_norm_epsilon";
  const common = {
    "general.architecture": family,
    [`${family}.block_count`]: config.nLayer,
    [`${family}.context_length`]: config.nPositions,
    [`${family}.embedding_length`]: config.nEmbd,
    [`${family}.feed_forward_length`]: config.nInner,
    [`${family}.attention.head_count`]: config.nHead,
    [`${family}.attention.${normName}`]: typed("f32", config.normEpsilon),
  };
  if (position.kind !== "rotary") return common;
  const { theta, scaling } = position;
  return {
    ...common,
    [`${family}.attention.head_count_kv`]: config.nKvHead,
    [`${family}.attention.key_length`]: config.headDim,
    [`${family}.attention.value_length`]: config.headDim,
    [`${family}.rope.dimension_count`]: config.headDim,
    [`${family}.rope.freq_base`]: typed("f32", theta),
    ...(scaling.kind === "linear" && {
      [`${family}.rope.scaling.type`]: "linear",
      [`${family}.rope.scaling.factor`]: typed("f32", scaling.factor),
    }),
  };
}
