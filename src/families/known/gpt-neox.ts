/**
 * GPT-NeoX (Black et al. 2022) and Pythia (Biderman et al. 2023): attention and MLP in parallel, each with a
 * norm of its own. The rows of a fused matrix are the query, the key and the value of one head after the
 * other.
 */

import {
  activationKey,
  biasKey,
  LAYER_NORM_KEYS,
  layerNormDecoder,
  layerNormEpsilon,
  parallelKey,
  rotaryPartKey,
} from "../blocks/layer-norm.ts";
import { defineFamily } from "../family.ts";
import { GGUF_NAMES } from "../gguf-names.ts";
import { BY_KEY_VALUE_HEAD } from "../stored-names.ts";

const { nKvHead: _, ...KEYS } = LAYER_NORM_KEYS;

export const gptNeox = defineFamily({
  name: "gpt_neox",
  className: "GPTNeoX",
  languageModel: "ForCausalLM",
  architecture: "gptneox",
  aliases: { rope_theta: "rotary_emb_base" },
  keys: {
    ...KEYS,
    normEpsilon: layerNormEpsilon("layer_norm_eps"),
    rotaryPart: rotaryPartKey("rotary_pct"),
    parallel: parallelKey("use_parallel_residual"),
    attentionBias: biasKey("attention_bias", "blk.0.attn_qkv.bias", ({ qkvBias }) => qkvBias),
    activation: activationKey("hidden_act", "gelu_erf"),
  },
  defaults: {
    vocabSize: 50432,
    nLayer: 44,
    nEmbd: 6144,
    nHead: 64,
    nInner: 24576,
    nPositions: 2048,
    normEpsilon: 1e-5,
    rotaryPart: 0.25,
    parallel: true,
    attentionBias: true,
    activation: "gelu_erf",
    tied: false,
  },
  tensors: {
    prefix: "gpt_neox.",
    huggingFace: {
      token_embedding: ["embed_in"],
      "blocks.*.attention_norm": ["layers.*.input_layernorm"],
      "blocks.*.attention.qkv": [{ module: "layers.*.attention.query_key_value", rows: BY_KEY_VALUE_HEAD }],
      "blocks.*.attention.output": ["layers.*.attention.dense"],
      "blocks.*.mlp_norm": ["layers.*.post_attention_layernorm"],
      "blocks.*.mlp.up": ["layers.*.mlp.dense_h_to_4h"],
      "blocks.*.mlp.down": ["layers.*.mlp.dense_4h_to_h"],
      final_norm: ["final_layer_norm"],
      head: ["embed_out"],
    },
    gguf: {
      ...GGUF_NAMES,
      "blocks.*.attention.qkv": ["blk.*.attn_qkv"],
      "blocks.*.mlp.up": ["blk.*.ffn_up"],
    },
  },
  decoder: (values, stored) =>
    layerNormDecoder(values, stored, {
      family: "gpt_neox",
      parallel: values.parallel ? "two norms" : undefined,
      qkvBias: values.attentionBias,
      outputBias: values.attentionBias,
      mlpBias: true,
    }),
});
