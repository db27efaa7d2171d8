/** MiniMax-M2 (MiniMax 2025): a norm of all query heads and of all key heads, and mixtures by sigmoid. */

import { BLOCK_DEFAULTS, BLOCK_KEYS, LLAMA_NAMES, llamaDecoder, rmsNorm } from "../blocks/llama.ts";
import { defineFamily } from "../family.ts";
import { LIMITS } from "../fields.ts";
import { GGUF_NAMES } from "../gguf-names.ts";
import { firstAttention, key, optionalCount } from "../keys.ts";
import { attentionHeads } from "../layers/attention-heads.ts";
import { EXPERT_INNER, EXPERT_KEYS, SIGMOID_KEYS } from "../layers/expert-keys.ts";
import { GGUF_EXPERT_NAMES } from "../layers/expert-names.ts";
import { SIGMOID_ROUTING, withExperts } from "../layers/experts.ts";
import { MIXTRAL_EXPERT_NAMES } from "./mixtral.ts";

export const minimaxM2 = defineFamily({
  name: "minimax_m2",
  className: "MiniMaxM2",
  languageModel: "ForCausalLM",
  usualIds: [200034, 200020],
  architecture: "minimax-m2",
  keys: {
    ...BLOCK_KEYS,
    ...EXPERT_KEYS,
    nExpertInner: { ...EXPERT_INNER, json: "intermediate_size" },
    gating: SIGMOID_KEYS.gating,
    nRotated: key({
      json: "rotary_dim",
      kind: optionalCount(LIMITS.width),
      of: (config) => {
        const { position } = firstAttention(config);
        return position.kind === "rotary" ? position.dims : undefined;
      },
    }),
  },
  defaults: {
    ...BLOCK_DEFAULTS,
    vocabSize: 200064,
    nLayer: 62,
    nEmbd: 3072,
    nHead: 48,
    nKvHead: 8,
    headDim: 128,
    nInner: 1536,
    nPositions: 196608,
    nExperts: 256,
    nActive: 8,
    nExpertInner: 1536,
  },
  tensors: {
    prefix: "model.",
    huggingFace: {
      ...LLAMA_NAMES,
      ...MIXTRAL_EXPERT_NAMES,
      "blocks.*.mlp.router_correction": [
        { module: "layers.*.block_sparse_moe.e_score_correction", bare: true },
      ],
    },
    gguf: { ...GGUF_NAMES, ...GGUF_EXPERT_NAMES },
  },
  decoder(values, stored) {
    const { headDim } = attentionHeads(values, stored);
    const decoder = llamaDecoder(values, stored, {
      family: "minimax_m2",
      theta: 5e6,
      rotaryPart: (values.nRotated ?? headDim) / headDim,
      qkNorm: { kind: "row", norm: rmsNorm(values.normEpsilon) },
      qkvBias: false,
      outputBias: false,
      mlpBias: false,
    });
    return withExperts(decoder, values, stored, {
      nInner: values.nExpertInner,
      activation: values.activation,
      gated: true,
      bias: false,
      routing: SIGMOID_ROUTING,
    });
  },
});
