/**
 * DeepSeek-V2 (2024), DeepSeek-V3 (2024) and GLM-4.7-Flash: latent attention, and experts that a softmax or
 * sigmoids choose, by groups. The layers behind the last one predict more tokens at once and are passed over.
 */
import type { RoutingConfig } from "../../model/config.ts";
import { LATENT_DEFAULTS, LATENT_KEYS, LATENT_NAMES, latentDecoder } from "../blocks/latent.ts";
import { defineFamily } from "../family.ts";
import { GGUF_NAMES } from "../gguf-names.ts";
import type { ValuesOf } from "../keys.ts";
import { SOFTMAX_ROUTING, sigmoidRouting } from "../layers/experts.ts";
import type { StoredConfig } from "../stored-config.ts";

const tensors = { prefix: "model.", huggingFace: LATENT_NAMES, gguf: GGUF_NAMES } as const;

/** The best of all experts, or of the groups with the best experts; the weights are not divided by their sum. */
function softmaxRouting(values: ValuesOf<typeof LATENT_KEYS>, { fields }: StoredConfig): RoutingConfig {
  const { nGroups, nChosenGroups, weightScale } = values;
  const method = fields.text("topk_method", "greedy");
  fields.require("topk_method", ["greedy", "group_limited_greedy"]);
  fields.require("scoring_func", ["softmax"]);
  const isGrouped = method === "group_limited_greedy" && nGroups > 1;
  return {
    ...SOFTMAX_ROUTING,
    weightScale,
    ...(isGrouped && { groups: { count: nGroups, chosen: nChosenGroups, best: 1 } }),
  };
}

export const deepseekV2 = defineFamily({
  name: "deepseek_v2",
  className: "DeepseekV2",
  languageModel: "ForCausalLM",
  keys: LATENT_KEYS,
  defaults: {
    ...LATENT_DEFAULTS,
    vocabSize: 102400,
    normalizes: false,
    weightScale: 1,
    nGroups: 1,
    nChosenGroups: 1,
  },
  tensors,
  decoder: (values, stored) => latentDecoder(values, stored, "deepseek_v2", softmaxRouting(values, stored)),
});

export const deepseekV3 = defineFamily({
  name: "deepseek_v3",
  className: "DeepseekV3",
  languageModel: "ForCausalLM",
  keys: LATENT_KEYS,
  defaults: LATENT_DEFAULTS,
  tensors,
  decoder: (values, stored) => latentDecoder(values, stored, "deepseek_v3", sigmoidRouting(values, stored)),
});

export const glm4MoeLite = defineFamily({
  name: "glm4_moe_lite",
  className: "Glm4MoeLite",
  languageModel: "ForCausalLM",
  keys: LATENT_KEYS,
  defaults: { ...LATENT_DEFAULTS, nPositions: 202752, weightScale: 1.8, nGroups: 1, nChosenGroups: 1 },
  tensors,
  decoder: (values, stored) => latentDecoder(values, stored, "glm4_moe_lite", sigmoidRouting(values, stored)),
});
