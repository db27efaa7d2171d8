/**
 * Bloom (BigScience Workshop 2022): a norm of the token embedding, and attention whose scores fall with the
 * distance (ALiBi, Press et al. 2021). The rows of a fused matrix are the query, the key and the value of one
 * head after the other.
 */

import { GPT_KEYS } from "../blocks/gpt.ts";
import { layerNorm, layerNormDecoder } from "../blocks/layer-norm.ts";
import { defineFamily } from "../family.ts";
import { LIMITS } from "../fields.ts";
import { GGUF_NAMES } from "../gguf-names.ts";
import { firstLayer, flag, ggufOnly, key, optionalCount, SIZES } from "../keys.ts";
import { withLayers } from "../layers/uniform.ts";
import { BY_KEY_VALUE_HEAD } from "../stored-names.ts";

const { nKvHead: _, headDim: __, window: ___, ...KEYS } = GPT_KEYS;

export const bloom = defineFamily({
  name: "bloom",
  className: "Bloom",
  languageModel: "ForCausalLM",
  architecture: "bloom",
  aliases: {
    hidden_size: "n_embed",
    n_head: "num_attention_heads",
    n_layer: "num_hidden_layers",
  },
  keys: {
    ...KEYS,
    nEmbd: { ...KEYS.nEmbd, json: "hidden_size" },
    nInner: ggufOnly(key({ ...SIZES.nInner, kind: optionalCount(LIMITS.width) })),
    nPositions: { ...KEYS.nPositions, json: "seq_length" },
    addsToNormed: key({
      json: "apply_residual_connection_post_layernorm",
      kind: flag,
      of: (config) => firstLayer(config).attentionBranch.addsToNormed === true,
    }),
  },
  defaults: {
    vocabSize: 250880,
    nLayer: 2,
    nEmbd: 64,
    nHead: 8,
    nPositions: 2048,
    normEpsilon: 1e-5,
    tied: true,
    addsToNormed: false,
  },
  tensors: {
    prefix: "transformer.",
    huggingFace: {
      token_embedding: ["word_embeddings"],
      embedding_norm: ["word_embeddings_layernorm"],
      "blocks.*.attention_norm": ["h.*.input_layernorm"],
      "blocks.*.attention.qkv": [{ module: "h.*.self_attention.query_key_value", rows: BY_KEY_VALUE_HEAD }],
      "blocks.*.attention.output": ["h.*.self_attention.dense"],
      "blocks.*.mlp_norm": ["h.*.post_attention_layernorm"],
      "blocks.*.mlp.up": ["h.*.mlp.dense_h_to_4h"],
      "blocks.*.mlp.down": ["h.*.mlp.dense_4h_to_h"],
      final_norm: ["ln_f"],
      head: ["lm_head"],
    },
    gguf: {
      ...GGUF_NAMES,
      embedding_norm: ["token_embd_norm"],
      "blocks.*.attention.qkv": ["blk.*.attn_qkv"],
      "blocks.*.mlp.up": ["blk.*.ffn_up"],
    },
  },
  decoder(values, stored) {
    const decoder = layerNormDecoder(
      { ...values, nInner: values.nInner ?? 4 * values.nEmbd, activation: "gelu_tanh" },
      stored,
      {
        family: "bloom",
        position: { kind: "none" },
        scoreBias: { kind: "alibi", scale: 1 },
        embeddingNorm: layerNorm(values.normEpsilon),
        qkvBias: true,
        outputBias: true,
        mlpBias: true,
      },
    );
    if (!values.addsToNormed) return decoder;
    return withLayers(decoder, Array<true>(values.nLayer).fill(true), (layer) => ({
      ...layer,
      attentionBranch: { ...layer.attentionBranch, addsToNormed: true },
      mlpBranch: { ...layer.mlpBranch, addsToNormed: true },
    }));
  },
  ggufLacks: (config) =>
    firstLayer(config).attentionBranch.addsToNormed ? "a bloom that adds to the normed input" : undefined,
});
