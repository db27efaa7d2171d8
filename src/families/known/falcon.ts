/**
 * Falcon (Almazrouei et al. 2023). Attention and MLP run in parallel: from one norm in 7B and 11B, from two
 * in 40B and 180B. Each key/value head lies with its queries in a fused matrix; 7B has one for all queries.
 * Falcon-RW has the layers of GPT-2 and ALiBi (Press et al. 2021), with scores (q k + slope j) / sqrt(D).
 */
import type { LayerConfig } from "../../model/config.ts";
import {
  activationKey,
  biasKey,
  LAYER_NORM_KEYS,
  layerNormDecoder,
  layerNormEpsilon,
} from "../blocks/layer-norm.ts";
import { defineFamily } from "../family.ts";
import { LIMITS } from "../fields.ts";
import { GGUF_NAMES } from "../gguf-names.ts";
import { firstAttention, firstLayer, flag, key, optionalCount, SIZES } from "../keys.ts";
import { BY_KEY_VALUE_HEAD } from "../stored-names.ts";

const hasTwoNorms = ({ parallel, sharedNorm }: LayerConfig): boolean => parallel && !sharedNorm;

export const falcon = defineFamily({
  name: "falcon",
  className: "Falcon",
  languageModel: "ForCausalLM",
  architecture: "falcon",
  aliases: { num_hidden_layers: "n_layer", num_attention_heads: "n_head", num_kv_heads: "n_head_kv" },
  keys: {
    ...LAYER_NORM_KEYS,
    nInner: key({ ...SIZES.nInner, json: "ffn_hidden_size", kind: optionalCount(LIMITS.width) }),
    nKvHead: { ...SIZES.nKvHead, json: "num_kv_heads" },
    normEpsilon: layerNormEpsilon("layer_norm_epsilon"),
    /** The layers of 40B and later. All parallel ones can be written so. */
    isNew: key({
      json: "new_decoder_architecture",
      gguf: () => true,
      kind: flag,
      of: (config) => firstLayer(config).parallel,
    }),
    parallel: key({
      json: "parallel_attn",
      gguf: () => true,
      kind: flag,
      of: (config) => firstLayer(config).parallel,
    }),
    nNorms: key<number | undefined>({
      json: "num_ln_in_parallel_attn",
      gguf: ({ tensors }) => (tensors.has("blk.0.attn_norm_2.weight") ? 2 : 1),
      kind: optionalCount(2),
      of: (config) => (firstLayer(config).parallel ? (hasTwoNorms(firstLayer(config)) ? 2 : 1) : undefined),
    }),
    isMultiQuery: key({
      json: "multi_query",
      gguf: () => true,
      kind: flag,
      of: (config) => firstAttention(config).nKvHead === 1,
    }),
    alibi: key({
      json: "alibi",
      gguf: () => false,
      kind: flag,
      of: (config) => firstAttention(config).scoreBias.kind === "alibi",
    }),
    bias: biasKey("bias", "blk.0.attn_qkv.bias", ({ qkvBias }) => qkvBias),
    activation: activationKey("activation", "gelu_erf"),
  },
  defaults: {
    vocabSize: 65024,
    nLayer: 32,
    nEmbd: 4544,
    nHead: 71,
    nPositions: 2048,
    normEpsilon: 1e-5,
    isNew: false,
    parallel: true,
    isMultiQuery: true,
    alibi: false,
    bias: false,
    activation: "gelu_erf",
    tied: true,
  },
  tensors: {
    prefix: "transformer.",
    huggingFace: {
      token_embedding: ["word_embeddings"],
      "blocks.*.attention_norm": (layer) => [hasTwoNorms(layer) ? "h.*.ln_attn" : "h.*.input_layernorm"],
      "blocks.*.attention.qkv": [{ module: "h.*.self_attention.query_key_value", rows: BY_KEY_VALUE_HEAD }],
      "blocks.*.attention.output": ["h.*.self_attention.dense"],
      "blocks.*.mlp_norm": (layer) => [hasTwoNorms(layer) ? "h.*.ln_mlp" : "h.*.post_attention_layernorm"],
      "blocks.*.mlp.up": ["h.*.mlp.dense_h_to_4h"],
      "blocks.*.mlp.down": ["h.*.mlp.dense_4h_to_h"],
      final_norm: ["ln_f"],
      head: ["lm_head"],
    },
    gguf: {
      ...GGUF_NAMES,
      "blocks.*.attention_norm": (layer) => [hasTwoNorms(layer) ? "blk.*.attn_norm_2" : "blk.*.attn_norm"],
      "blocks.*.attention.qkv": ["blk.*.attn_qkv"],
      "blocks.*.mlp_norm": ["blk.*.attn_norm"],
      "blocks.*.mlp.up": ["blk.*.ffn_up"],
    },
  },
  decoder({ nKvHead: kvHeads, isNew, isMultiQuery, ...values }, stored) {
    const ofFirst = isMultiQuery ? 1 : values.nHead;
    const nKvHead = stored.format === "gguf" || isNew ? kvHeads : ofFirst;
    const twoNorms = isNew && (values.nNorms ?? 2) === 2;
    const { bias, alibi, nEmbd, nHead } = values;
    return layerNormDecoder({ ...values, nKvHead, nInner: values.nInner ?? 4 * values.nEmbd }, stored, {
      family: "falcon",
      ...(alibi && {
        position: { kind: "none" },
        scoreBias: { kind: "alibi", scale: 1 / Math.sqrt(nEmbd / nHead) },
      }),
      parallel: twoNorms ? "two norms" : isNew || values.parallel ? "one norm" : undefined,
      qkvBias: bias,
      outputBias: bias,
      mlpBias: bias,
    });
  },
  ggufLacks(config) {
    if (!firstLayer(config).parallel) return "a falcon of serial layers";
    return firstAttention(config).scoreBias.kind === "alibi" ? "a falcon with ALiBi" : undefined;
  },
});
