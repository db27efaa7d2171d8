/**
 * StarCoder 2 (Lozhkov et al. 2024): the layers of GPT-2 with rotary positions, grouped queries and a window.
 */

import {
  activationKey,
  biasKey,
  LAYER_NORM_KEYS,
  layerNormDecoder,
  layerNormEpsilon,
} from "../blocks/layer-norm.ts";
import { LLAMA_NAMES } from "../blocks/llama.ts";
import { defineFamily } from "../family.ts";
import { GGUF_NAMES } from "../gguf-names.ts";
import { SLIDING_WINDOW } from "../layers/layer-types.ts";

export const starCoder2 = defineFamily({
  name: "starcoder2",
  className: "Starcoder2",
  languageModel: "ForCausalLM",
  architecture: "starcoder2",
  keys: {
    ...LAYER_NORM_KEYS,
    normEpsilon: layerNormEpsilon("norm_epsilon"),
    window: SLIDING_WINDOW,
    bias: biasKey("use_bias", "blk.0.attn_q.bias", ({ qkvBias }) => qkvBias),
    activation: activationKey("hidden_act", "gelu_tanh"),
  },
  defaults: {
    vocabSize: 49152,
    nLayer: 30,
    nEmbd: 3072,
    nHead: 24,
    nKvHead: 2,
    nInner: 12288,
    nPositions: 4096,
    normEpsilon: 1e-5,
    bias: true,
    activation: "gelu_tanh",
    tied: true,
  },
  usualIds: [50256],
  tensors: {
    prefix: "model.",
    huggingFace: {
      ...LLAMA_NAMES,
      "blocks.*.mlp.up": ["layers.*.mlp.c_fc"],
      "blocks.*.mlp.down": ["layers.*.mlp.c_proj"],
    },
    gguf: { ...GGUF_NAMES, "blocks.*.mlp.up": ["blk.*.ffn_up"] },
  },
  decoder: ({ bias, ...values }, stored) =>
    layerNormDecoder(values, stored, {
      family: "starcoder2",
      qkvBias: bias,
      outputBias: bias,
      mlpBias: bias,
    }),
});
