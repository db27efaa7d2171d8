/** LFM2 with experts (Liquid AI 2025): mixtures by sigmoid after some dense layers. */

import { defineFamily } from "../family.ts";
import { flag, key } from "../keys.ts";
import {
  DENSE_INNER,
  EXPERT_INNER,
  EXPERT_KEYS,
  LEADING_DENSE,
  mixtureIn,
  SIGMOID_KEYS,
} from "../layers/expert-keys.ts";
import { GGUF_EXPERT_NAMES } from "../layers/expert-names.ts";
import { SIGMOID_ROUTING, withExperts } from "../layers/experts.ts";
import { LFM2_DEFAULTS, LFM2_GGUF_NAMES, LFM2_KEYS, LFM2_NAMES, lfm2Decoder } from "./lfm2.ts";

export const lfm2Moe = defineFamily({
  name: "lfm2_moe",
  className: "Lfm2Moe",
  languageModel: "ForCausalLM",
  architecture: "lfm2moe",
  aliases: { tie_word_embeddings: "tie_embedding" },
  keys: {
    ...LFM2_KEYS,
    ...EXPERT_KEYS,
    nExperts: { ...EXPERT_KEYS.nExperts, json: "num_experts" },
    nInner: DENSE_INNER,
    nExpertInner: EXPERT_INNER,
    nLeading: { ...LEADING_DENSE, json: "num_dense_layers" },
    gating: SIGMOID_KEYS.gating,
    weightScale: SIGMOID_KEYS.weightScale,
    normalizes: SIGMOID_KEYS.normalizes,
    correction: key({
      json: "use_expert_bias",
      gguf: ({ tensors }) => [...tensors.keys()].some((name) => name.endsWith(".exp_probs_b.bias")),
      kind: flag,
      of: (config) => mixtureIn(config)?.routing.correction,
    }),
  },
  defaults: {
    ...LFM2_DEFAULTS,
    nEmbd: 2048,
    nInner: 7168,
    nExpertInner: 1792,
    nExperts: 32,
    nActive: 4,
    nLeading: 2,
    weightScale: 1,
    normalizes: true,
    correction: true,
  },
  tensors: {
    prefix: "model.",
    huggingFace: {
      ...LFM2_NAMES,
      "blocks.*.mlp.router": ["layers.*.feed_forward.gate"],
      "blocks.*.mlp.router_correction": [{ module: "layers.*.feed_forward.expert", bare: true }],
      "blocks.*.mlp.experts.up": ["layers.*.feed_forward.experts.#.w1", "layers.*.feed_forward.experts.#.w3"],
      "blocks.*.mlp.experts.down": ["layers.*.feed_forward.experts.#.w2"],
    },
    gguf: { ...LFM2_GGUF_NAMES, ...GGUF_EXPERT_NAMES },
  },
  decoder(values, stored) {
    const { nLeading, weightScale, correction, normalizes } = values;
    const { normalize: _, ...routing } = SIGMOID_ROUTING;
    const mixture = {
      nInner: values.nExpertInner,
      activation: values.activation,
      gated: true,
      bias: false,
      routing: { ...routing, weightScale, correction, ...(normalizes && { normalize: { epsilon: 1e-6 } }) },
    };
    const decoder = lfm2Decoder("lfm2_moe", values, stored);
    return withExperts(decoder, values, stored, mixture, (layer) => layer >= nLeading);
  },
});
