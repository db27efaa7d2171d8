/** Qwen2 with experts and a shared expert (Yang et al. 2024), whose output has a gate. */

import { LLAMA_NAMES } from "../blocks/llama.ts";
import { defineFamily } from "../family.ts";
import { LIMITS } from "../fields.ts";
import { GGUF_NAMES } from "../gguf-names.ts";
import { count, flag, key } from "../keys.ts";
import { ggufLacksDenseLayers, mixtureIn } from "../layers/expert-keys.ts";
import { GGUF_EXPERT_NAMES, QWEN_EXPERT_NAMES } from "../layers/expert-names.ts";
import { SOFTMAX_OF_CHOSEN, SOFTMAX_ROUTING, withExperts } from "../layers/experts.ts";
import { ofWindow, slidingLayersKey, windowFields } from "../layers/layer-types.ts";
import type { StoredConfig } from "../stored-config.ts";
import type { NameTable } from "../stored-names.ts";
import { QWEN_DEFAULTS, QWEN_KEYS, qwenDecoder } from "./qwen2.ts";
import { QWEN_EXPERT_KEYS } from "./qwen3-moe.ts";

/** Width of the shared expert. */
export const SHARED_INNER = key({
  json: "shared_expert_intermediate_size",
  gguf: "expert_shared_feed_forward_length",
  kind: count(LIMITS.width),
  of: (config) => mixtureIn(config)?.shared?.nInner,
});

/** The shared expert of Qwen and its gate. */
export const QWEN_SHARED_NAMES: NameTable = {
  "blocks.*.mlp.shared.up": ["layers.*.mlp.shared_expert.gate_proj", "layers.*.mlp.shared_expert.up_proj"],
  "blocks.*.mlp.shared.down": ["layers.*.mlp.shared_expert.down_proj"],
  "blocks.*.mlp.shared_gate": ["layers.*.mlp.shared_expert_gate"],
};

export const qwen2Moe = defineFamily({
  name: "qwen2_moe",
  className: "Qwen2Moe",
  languageModel: "ForCausalLM",
  tokenizerClass: "Qwen2Tokenizer",
  architecture: "qwen2moe",
  keys: {
    ...QWEN_KEYS,
    ...QWEN_EXPERT_KEYS,
    slidingLayers: ofWindow(slidingLayersKey(everySecond)),
    normalizes: { ...QWEN_EXPERT_KEYS.normalizes, gguf: () => false },
    nSharedInner: SHARED_INNER,
    qkvBias: key({
      json: "qkv_bias",
      gguf: ({ tensors }) => tensors.has("blk.0.attn_q.bias"),
      kind: flag,
      of: ({ layers: [layer] }) => layer?.mixer.kind === "attention" && layer.mixer.qkvBias,
    }),
  },
  defaults: {
    ...QWEN_DEFAULTS,
    nLayer: 24,
    nEmbd: 2048,
    nHead: 16,
    nKvHead: 16,
    nInner: 5632,
    nExperts: 60,
    nActive: 4,
    nExpertInner: 1408,
    nSharedInner: 5632,
    qkvBias: true,
  },
  tensors: {
    prefix: "model.",
    huggingFace: { ...LLAMA_NAMES, ...QWEN_EXPERT_NAMES, ...QWEN_SHARED_NAMES },
    gguf: {
      ...GGUF_NAMES,
      ...GGUF_EXPERT_NAMES,
      // A vector in GGUF, a matrix with one row in directories.
      "blocks.*.mlp.shared_gate": [{ module: "blk.*.ffn_gate_inp_shexp", layout: "row" }],
    },
  },
  decoder(values, stored) {
    const decoder = qwenDecoder(values, stored, {
      family: "qwen2_moe",
      qkvBias: values.qkvBias,
      outputBias: false,
      mlpBias: false,
    });
    const { activation } = values;
    const mixture = {
      nInner: values.nExpertInner,
      activation,
      gated: true,
      bias: false,
      routing: values.normalizes ? SOFTMAX_OF_CHOSEN : SOFTMAX_ROUTING,
      shared: { nInner: values.nSharedInner, activation, gated: true, bias: false, gate: true },
    };
    return withExperts(decoder, values, stored, mixture, (layer) => !values.denseLayers.includes(layer));
  },
  ggufLacks: (config) =>
    mixtureIn(config)?.routing.normalize !== undefined
      ? "qwen2_moe models with norm_topk_prob true"
      : ggufLacksDenseLayers(config),
});

/** Without a list of layers every second one of the first ones has the window, if it is used; in GGUF none. */
function everySecond(stored: StoredConfig): readonly boolean[] {
  const { nLayer, isUsed, first } = windowFields(stored, 24);
  return Array.from({ length: nLayer }, (_, i) => isUsed && i < first && i % 2 === 0);
}
