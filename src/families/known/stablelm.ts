/**
 * StableLM (Bellagente et al. 2024): the gated MLP of Llama with layer norms and rotary positions of a part
 * of each head. StableLM 2 12B runs attention and MLP in parallel from one norm, and norms each head with a
 * weight of its own.
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
import { LLAMA_NAMES } from "../blocks/llama.ts";
import { defineFamily } from "../family.ts";
import { GGUF_NAMES } from "../gguf-names.ts";
import { firstAttention, flag, key } from "../keys.ts";

export const stableLm = defineFamily({
  name: "stablelm",
  className: "StableLm",
  languageModel: "ForCausalLM",
  architecture: "stablelm",
  keys: {
    ...LAYER_NORM_KEYS,
    normEpsilon: layerNormEpsilon("layer_norm_eps"),
    rotaryPart: rotaryPartKey("partial_rotary_factor"),
    parallel: parallelKey("use_parallel_residual"),
    qkvBias: biasKey("use_qkv_bias", "blk.0.attn_q.bias", ({ qkvBias }) => qkvBias),
    normsHeads: key({
      json: "qk_layernorm",
      gguf: ({ tensors }) => tensors.has("blk.0.attn_q_norm.weight"),
      kind: flag,
      of: (config) => firstAttention(config).qkNorm.kind !== "none",
    }),
    activation: activationKey("hidden_act", "silu"),
  },
  defaults: {
    vocabSize: 50304,
    nLayer: 32,
    nEmbd: 2560,
    nHead: 32,
    nKvHead: 32,
    nInner: 6912,
    nPositions: 4096,
    normEpsilon: 1e-5,
    rotaryPart: 0.25,
    parallel: false,
    qkvBias: false,
    normsHeads: false,
    activation: "silu",
    tied: false,
  },
  tensors: {
    prefix: "model.",
    huggingFace: {
      ...LLAMA_NAMES,
      "blocks.*.attention.query_norm": [
        { module: "layers.*.self_attn.q_layernorm.norms.#", heads: "tensors" },
      ],
      "blocks.*.attention.key_norm": [{ module: "layers.*.self_attn.k_layernorm.norms.#", heads: "tensors" }],
    },
    gguf: {
      ...GGUF_NAMES,
      "blocks.*.attention.query_norm": [{ module: "blk.*.attn_q_norm", heads: "rows" }],
      "blocks.*.attention.key_norm": [{ module: "blk.*.attn_k_norm", heads: "rows" }],
    },
  },
  decoder: ({ parallel, normsHeads, qkvBias, ...values }, stored) =>
    layerNormDecoder(values, stored, {
      family: "stablelm",
      gated: true,
      parallel: parallel ? "one norm" : undefined,
      qkNorm: normsHeads
        ? { kind: "heads", norm: { kind: "layernorm", epsilon: values.normEpsilon, bias: false } }
        : { kind: "none" },
      qkvBias,
      outputBias: false,
      mlpBias: false,
    }),
});
