/** Qwen3 with experts (Yang et al. 2025). */

import { BIAS_KEYS, LLAMA_NAMES, rmsNorm } from "../blocks/llama.ts";
import { defineFamily } from "../family.ts";
import { GGUF_NAMES } from "../gguf-names.ts";
import { flag, key } from "../keys.ts";
import {
  DENSE_INNER,
  DENSE_LAYERS,
  EXPERT_INNER,
  EXPERT_KEYS,
  ggufLacksDenseLayers,
  mixtureIn,
} from "../layers/expert-keys.ts";
import { GGUF_EXPERT_NAMES, QWEN_EXPERT_NAMES } from "../layers/expert-names.ts";
import { SOFTMAX_OF_CHOSEN, SOFTMAX_ROUTING, withExperts } from "../layers/experts.ts";
import { ofWindow, slidingLayersKey, windowFields } from "../layers/layer-types.ts";
import type { StoredConfig } from "../stored-config.ts";
import { QWEN_DEFAULTS, QWEN_KEYS, qwenDecoder } from "./qwen2.ts";

const { qkvBias, outputBias } = BIAS_KEYS;

/** Sizes of mixtures, by the names of Qwen. */
export const QWEN_EXPERT_KEYS = {
  ...EXPERT_KEYS,
  nExperts: key({ ...EXPERT_KEYS.nExperts, json: "num_experts" }),
  nInner: DENSE_INNER,
  nExpertInner: EXPERT_INNER,
  denseLayers: DENSE_LAYERS,
  /** The architectures of GGUF fix whether the weights of a row are divided by their sum. */
  normalizes: key({
    json: "norm_topk_prob",
    kind: flag,
    of: (config) => mixtureIn(config)?.routing.normalize !== undefined,
  }),
};

export const qwen3Moe = defineFamily({
  name: "qwen3_moe",
  className: "Qwen3Moe",
  languageModel: "ForCausalLM",
  tokenizerClass: "Qwen2Tokenizer",
  architecture: "qwen3moe",
  aliases: { num_experts: "num_local_experts" },
  keys: {
    ...QWEN_KEYS,
    ...QWEN_EXPERT_KEYS,
    slidingLayers: ofWindow(slidingLayersKey(allLayers)),
    normalizes: { ...QWEN_EXPERT_KEYS.normalizes, gguf: () => true },
    qkvBias,
    outputBias,
  },
  defaults: {
    ...QWEN_DEFAULTS,
    nLayer: 24,
    nEmbd: 2048,
    nInner: 6144,
    nKvHead: 4,
    nExperts: 128,
    nActive: 8,
    nExpertInner: 768,
  },
  tensors: {
    prefix: "model.",
    huggingFace: { ...LLAMA_NAMES, ...QWEN_EXPERT_NAMES },
    gguf: { ...GGUF_NAMES, ...GGUF_EXPERT_NAMES },
  },
  decoder(values, stored) {
    const decoder = qwenDecoder(values, stored, {
      family: "qwen3_moe",
      qkNorm: { kind: "head", norm: rmsNorm(values.normEpsilon) },
      qkvBias: values.qkvBias,
      outputBias: values.outputBias,
      mlpBias: false,
    });
    const mixture = {
      nInner: values.nExpertInner,
      activation: values.activation,
      gated: true,
      bias: false,
      routing: values.normalizes ? SOFTMAX_OF_CHOSEN : SOFTMAX_ROUTING,
    };
    return withExperts(decoder, values, stored, mixture, (layer) => !values.denseLayers.includes(layer));
  },
  ggufLacks: (config) =>
    mixtureIn(config)?.routing.normalize === undefined
      ? "qwen3_moe models with norm_topk_prob false"
      : ggufLacksDenseLayers(config),
});

/** All layers have the window, if it is used; in GGUF none. */
function allLayers(stored: StoredConfig): readonly boolean[] {
  const { nLayer, isUsed } = windowFields(stored, 24);
  return Array(nLayer).fill(isUsed);
}
