/**
 * DeepSeek-V2 (2024), DeepSeek-V3 (2024) and GLM-4.7-Flash: latent attention, and experts that a softmax or
 * sigmoids choose, by groups. The layers behind the last one predict more tokens at once and are passed over.
 */
import type { RoutingConfig } from "../../model/config.ts";
import {
  ggufLacksMagnitude,
  LATENT_DEFAULTS,
  LATENT_KEYS,
  latentDecoder,
  ROPE_INTERLEAVE,
} from "../blocks/latent.ts";
import { GGUF_LATENT_NAMES, LATENT_NAMES } from "../blocks/latent-names.ts";
import { defineFamily } from "../family.ts";
import type { ValuesOf } from "../keys.ts";
import { leadingDense, MIXTURE_LAYERS } from "../layers/expert-keys.ts";
import { SOFTMAX_ROUTING, sigmoidRouting } from "../layers/experts.ts";
import type { StoredConfig } from "../stored-config.ts";

const tensors = { prefix: "model.", huggingFace: LATENT_NAMES, gguf: GGUF_LATENT_NAMES } as const;

/**
 * llama.cpp has one architecture for all of them. Files of the first models do not name the function of the
 * logits.
 */
const architecture = "deepseek2";
const ggufMark = "expert_gating_func";

/**
 * The best of all experts, or of the groups with the best experts; the weights are not divided by their sum.
 */
function softmaxRouting(
  values: ValuesOf<typeof LATENT_KEYS>,
  { fields, format }: StoredConfig,
): RoutingConfig {
  const { nGroups, nChosenGroups, weightScale } = values;
  const method = fields.text("topk_method", format === "gguf" ? "group_limited_greedy" : "greedy");
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
  architecture,
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
  ggufLacks: ggufLacksMagnitude,
});

export const deepseekV3 = defineFamily({
  name: "deepseek_v3",
  className: "DeepseekV3",
  languageModel: "ForCausalLM",
  architecture,
  ggufMark,
  keys: { ...LATENT_KEYS, interleaved: ROPE_INTERLEAVE },
  defaults: { ...LATENT_DEFAULTS, interleaved: true },
  tensors,
  /** A GGUF file that names the softmax is one of DeepSeek-V2. */
  decoder: (values, stored) =>
    stored.format === "gguf" && values.gating === "softmax"
      ? latentDecoder(values, stored, "deepseek_v2", softmaxRouting(values, stored))
      : latentDecoder(values, stored, "deepseek_v3", sigmoidRouting(values, stored)),
  ggufLacks: ggufLacksMagnitude,
});

export const glm4MoeLite = defineFamily({
  name: "glm4_moe_lite",
  className: "Glm4MoeLite",
  languageModel: "ForCausalLM",
  architecture,
  ggufMark,
  keys: { ...LATENT_KEYS, interleaved: ROPE_INTERLEAVE, mixtures: MIXTURE_LAYERS },
  defaults: {
    ...LATENT_DEFAULTS,
    normEpsilon: 1e-5,
    interleaved: true,
    nPositions: 202752,
    weightScale: 1.8,
    nGroups: 1,
    nChosenGroups: 1,
    nLeading: 1,
  },
  tensors,
  decoder: (values, stored) =>
    latentDecoder(values, stored, "glm4_moe_lite", sigmoidRouting(values, stored), values.mixtures),
  ggufLacks: (config) =>
    leadingDense(config) === undefined
      ? "dense layers behind the first mixture of experts"
      : ggufLacksMagnitude(config),
});
