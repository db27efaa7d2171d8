/**
 * Phi-1 and Phi-2 (Gunasekar et al. 2023): attention and MLP in parallel from one norm, rotary positions of a
 * part of each head, biases everywhere.
 */

import {
  activationKey,
  LAYER_NORM_KEYS,
  layerNorm,
  layerNormDecoder,
  layerNormEpsilon,
  rotaryPartKey,
} from "../blocks/layer-norm.ts";
import { defineFamily } from "../family.ts";
import { GGUF_NAMES } from "../gguf-names.ts";
import { firstAttention, flag, key } from "../keys.ts";

export const phi = defineFamily({
  name: "phi",
  className: "Phi",
  languageModel: "ForCausalLM",
  architecture: "phi2",
  keys: {
    ...LAYER_NORM_KEYS,
    normEpsilon: layerNormEpsilon("layer_norm_eps"),
    rotaryPart: rotaryPartKey("partial_rotary_factor"),
    normsHeads: key({
      json: "qk_layernorm",
      gguf: () => false,
      kind: flag,
      of: (config) => firstAttention(config).qkNorm.kind !== "none",
    }),
    activation: activationKey("hidden_act", "gelu_tanh"),
  },
  defaults: {
    vocabSize: 51200,
    nLayer: 24,
    nEmbd: 2048,
    nHead: 32,
    nInner: 8192,
    nPositions: 2048,
    normEpsilon: 1e-5,
    rotaryPart: 0.5,
    normsHeads: false,
    activation: "gelu_tanh",
    tied: false,
  },
  tensors: {
    prefix: "model.",
    huggingFace: {
      token_embedding: ["embed_tokens"],
      "blocks.*.attention_norm": ["layers.*.input_layernorm"],
      "blocks.*.attention.qkv": [
        "layers.*.self_attn.q_proj",
        "layers.*.self_attn.k_proj",
        "layers.*.self_attn.v_proj",
      ],
      "blocks.*.attention.query_norm": ["layers.*.self_attn.q_layernorm"],
      "blocks.*.attention.key_norm": ["layers.*.self_attn.k_layernorm"],
      "blocks.*.attention.output": ["layers.*.self_attn.dense"],
      "blocks.*.mlp.up": ["layers.*.mlp.fc1"],
      "blocks.*.mlp.down": ["layers.*.mlp.fc2"],
      final_norm: ["final_layernorm"],
      head: ["lm_head"],
    },
    gguf: { ...GGUF_NAMES, "blocks.*.mlp.up": ["blk.*.ffn_up"] },
  },
  decoder: ({ normsHeads, ...values }, stored) =>
    layerNormDecoder(values, stored, {
      family: "phi",
      parallel: "one norm",
      qkNorm: normsHeads ? { kind: "head", norm: layerNorm(values.normEpsilon) } : { kind: "none" },
      qkvBias: true,
      outputBias: true,
      mlpBias: true,
      headBias: true,
    }),
  ggufLacks: (config) =>
    firstAttention(config).qkNorm.kind === "none" ? undefined : "a phi with norms of queries and keys",
});
