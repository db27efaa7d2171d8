/**
 * Nemotron (Parmar et al. 2024): an MLP with the square of ReLU, and layer norms that multiply by 1 + weight.
 * GGUF files hold the sum.
 */

import {
  activationKey,
  biasKey,
  LAYER_NORM_KEYS,
  layerNormDecoder,
  layerNormEpsilon,
  rotaryPartKey,
} from "../blocks/layer-norm.ts";
import { LLAMA_NAMES } from "../blocks/llama.ts";
import { defineFamily } from "../family.ts";
import { LIMITS } from "../fields.ts";
import { GGUF_NAMES } from "../gguf-names.ts";
import { firstAttention, firstLayer, flag, key, optionalCount } from "../keys.ts";

export const nemotron = defineFamily({
  name: "nemotron",
  className: "Nemotron",
  languageModel: "ForCausalLM",
  architecture: "nemotron",
  keys: {
    ...LAYER_NORM_KEYS,
    headDim: key({
      json: "head_dim",
      gguf: "attention.key_length",
      kind: optionalCount(LIMITS.width),
      of: (config) => firstAttention(config).headDim,
    }),
    normEpsilon: layerNormEpsilon("norm_eps"),
    rotaryPart: rotaryPartKey("partial_rotary_factor"),
    attentionBias: biasKey("attention_bias", "blk.0.attn_q.bias", ({ qkvBias }) => qkvBias),
    mlpBias: key({
      json: "mlp_bias",
      gguf: ({ tensors }) => tensors.has("blk.0.ffn_up.bias"),
      kind: flag,
      of: (config) => firstLayer(config).mlp.bias,
    }),
    activation: activationKey("hidden_act", "relu_squared"),
  },
  defaults: {
    vocabSize: 256000,
    nLayer: 32,
    nEmbd: 6144,
    nHead: 48,
    nInner: 24576,
    nPositions: 4096,
    normEpsilon: 1e-5,
    rotaryPart: 0.5,
    attentionBias: false,
    mlpBias: false,
    activation: "relu_squared",
    tied: false,
  },
  tensors: {
    prefix: "model.",
    huggingFace: {
      ...LLAMA_NAMES,
      "blocks.*.attention_norm": [{ module: "layers.*.input_layernorm", less: 1 }],
      "blocks.*.mlp_norm": [{ module: "layers.*.post_attention_layernorm", less: 1 }],
      "blocks.*.mlp.up": ["layers.*.mlp.up_proj"],
      final_norm: [{ module: "norm", less: 1 }],
    },
    gguf: { ...GGUF_NAMES, "blocks.*.mlp.up": ["blk.*.ffn_up"] },
  },
  decoder: (values, stored) =>
    layerNormDecoder(values, stored, {
      family: "nemotron",
      qkvBias: values.attentionBias,
      outputBias: values.attentionBias,
      mlpBias: values.mlpBias,
    }),
});
