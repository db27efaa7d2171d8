/**
 * OPT (Zhang et al. 2022): the layers of GPT-2 with ReLU. Its table of positions begins with two rows that no
 * token has. The layers of 350M norm the residual sums, as in GPT-1, and its tokens have narrower embeddings.
 * llama.cpp has no architecture for it.
 */
import type { DecoderConfig } from "../../model/config.ts";
import type { NormConfig } from "../../model/norm-config.ts";
import { activationKey, layerNorm, layerNormDecoder } from "../blocks/layer-norm.ts";
import { defineFamily } from "../family.ts";
import { LIMITS } from "../fields.ts";
import { firstAttention, firstLayer, flag, key, optionalCount, SIZES, TIED } from "../keys.ts";

/** The config has no field for it. */
const EPSILON = 1e-5;

const normsInput = (config: DecoderConfig): boolean =>
  firstLayer(config).attentionBranch.before !== undefined;

const { nKvHead: _, ...KEYS } = SIZES;

export const opt = defineFamily({
  name: "opt",
  className: "OPT",
  languageModel: "ForCausalLM",
  keys: {
    ...KEYS,
    nInner: { ...SIZES.nInner, json: "ffn_dim" },
    tied: TIED,
    embeddingWidth: key({
      json: "word_embed_proj_dim",
      kind: optionalCount(LIMITS.width),
      of: ({ nEmbd, embedding: { width = nEmbd } }) => width,
    }),
    normsInput: key({ json: "do_layer_norm_before", kind: flag, of: normsInput }),
    lacksFinalNorm: key({
      json: "_remove_final_layer_norm",
      kind: flag,
      of: (config) => normsInput(config) && config.finalNorm === undefined,
    }),
    affine: key({
      json: "layer_norm_elementwise_affine",
      kind: flag,
      of: (config) =>
        firstLayer(config).attentionBranch.before?.bias ?? firstLayer(config).attentionBranch.sum?.bias,
    }),
    bias: key({ json: "enable_bias", kind: flag, of: (config) => firstAttention(config).qkvBias }),
    activation: activationKey("activation_function", "relu"),
  },
  defaults: {
    vocabSize: 50272,
    nLayer: 12,
    nEmbd: 768,
    nHead: 12,
    nInner: 3072,
    nPositions: 2048,
    normsInput: true,
    lacksFinalNorm: false,
    affine: true,
    bias: true,
    activation: "relu",
    tied: true,
  },
  tensors: {
    prefix: "model.",
    huggingFace: {
      token_embedding: ["decoder.embed_tokens"],
      embedding_projection: ["decoder.project_in"],
      head_transform: ["decoder.project_out"],
      position_embedding: [{ module: "decoder.embed_positions", skippedRows: 2 }],
      "blocks.*.attention_norm": ["decoder.layers.*.self_attn_layer_norm"],
      "blocks.*.attention_sum_norm": ["decoder.layers.*.self_attn_layer_norm"],
      "blocks.*.attention.qkv": [
        "decoder.layers.*.self_attn.q_proj",
        "decoder.layers.*.self_attn.k_proj",
        "decoder.layers.*.self_attn.v_proj",
      ],
      "blocks.*.attention.output": ["decoder.layers.*.self_attn.out_proj"],
      "blocks.*.mlp_norm": ["decoder.layers.*.final_layer_norm"],
      "blocks.*.mlp_sum_norm": ["decoder.layers.*.final_layer_norm"],
      "blocks.*.mlp.up": ["decoder.layers.*.fc1"],
      "blocks.*.mlp.down": ["decoder.layers.*.fc2"],
      final_norm: ["decoder.final_layer_norm"],
      head: ["lm_head"],
    },
    gguf: {},
  },
  decoder(values, stored) {
    const { nEmbd, embeddingWidth = nEmbd, bias } = values;
    const norm: NormConfig = values.affine
      ? layerNorm(EPSILON)
      : { kind: "layernorm", epsilon: EPSILON, bias: false, unweighted: true };
    const { finalNorm, ...config } = layerNormDecoder({ ...values, normEpsilon: EPSILON }, stored, {
      family: "opt",
      norm,
      normPlacement: values.normsInput ? "before" : "sum",
      position: { kind: "learned" },
      qkvBias: bias,
      outputBias: bias,
      mlpBias: bias,
    });
    const { embedding, head } = config;
    return {
      ...config,
      ...(finalNorm !== undefined && !values.lacksFinalNorm && { finalNorm }),
      ...(embeddingWidth !== nEmbd && {
        embedding: { ...embedding, width: embeddingWidth },
        head: { ...head, transform: { bias: false } },
      }),
    };
  },
});
