/** The block of DeepSeek-V2 and V3: latent attention, and mixtures after some dense layers. */

import type { DecoderConfig, RoutingConfig } from "../../model/config.ts";
import { LIMITS } from "../fields.ts";
import { count, firstAttention, key, optionalCount, type ValuesOf } from "../keys.ts";
import {
  DENSE_INNER,
  EXPERT_INNER,
  EXPERT_KEYS,
  LEADING_DENSE,
  SHARED_COUNT,
  SIGMOID_KEYS,
} from "../layers/expert-keys.ts";
import { DEEPSEEK_EXPERT_NAMES } from "../layers/expert-names.ts";
import { sharedExperts, withExperts } from "../layers/experts.ts";
import { withAttention } from "../layers/uniform.ts";
import { rotaryOf } from "../rotary/rope.ts";
import type { StoredConfig } from "../stored-config.ts";
import type { NameTable } from "../stored-names.ts";
import { BIAS_KEYS, BLOCK_DEFAULTS, BLOCK_KEYS, LLAMA_NAMES, llamaDecoder } from "./llama.ts";

/** The norms of the short vectors have this epsilon, whatever the others have. */
const EPSILON = 1e-6;

const size = (json: string, of: (config: DecoderConfig) => number | undefined) =>
  key({ json, kind: count(LIMITS.width), of });

/** Sizes by the names of DeepSeek. GGUF is not written: llama.cpp stores other matrices. */
export const LATENT_KEYS = {
  ...BLOCK_KEYS,
  ...EXPERT_KEYS,
  ...SIGMOID_KEYS,
  nExperts: key({ ...EXPERT_KEYS.nExperts, json: "n_routed_experts" }),
  nInner: DENSE_INNER,
  nExpertInner: EXPERT_INNER,
  nLeading: LEADING_DENSE,
  nShared: SHARED_COUNT,
  qkvBias: key({ ...BIAS_KEYS.qkvBias, of: (config) => firstAttention(config).qkvBias }),
  queryRank: key({
    json: "q_lora_rank",
    kind: {
      ...optionalCount(LIMITS.width),
      json: (value) => value ?? null,
    },
    of: (config) => firstAttention(config).latent?.queryRank,
  }),
  rank: size("kv_lora_rank", (config) => firstAttention(config).latent?.rank),
  rotated: size("qk_rope_head_dim", (config) => firstAttention(config).latent?.rotated),
  fixed: size("qk_nope_head_dim", (config) => {
    const { headDim, latent } = firstAttention(config);
    return headDim - (latent?.rotated ?? 0);
  }),
  latentValueDim: size("v_head_dim", (config) => firstAttention(config).valueDim),
  headDim: key<number | undefined>({ kind: optionalCount(LIMITS.width), of: () => undefined }),
  valueDim: key<number | undefined>({ kind: optionalCount(LIMITS.width), of: () => undefined }),
};

export const LATENT_DEFAULTS = {
  ...BLOCK_DEFAULTS,
  vocabSize: 129280,
  nLayer: 61,
  nEmbd: 7168,
  nHead: 128,
  nInner: 18432,
  nPositions: 4096,
  nExperts: 256,
  nActive: 8,
  nExpertInner: 2048,
  nLeading: 3,
  nShared: 1,
  weightScale: 2.5,
  normalizes: true,
  nGroups: 8,
  nChosenGroups: 4,
  qkvBias: false,
  queryRank: 1536,
  rank: 512,
  rotated: 64,
  fixed: 128,
  latentValueDim: 128,
} as const;

export const LATENT_NAMES: NameTable = {
  ...LLAMA_NAMES,
  ...DEEPSEEK_EXPERT_NAMES,
  "blocks.*.attention.query_down": ["layers.*.self_attn.q_a_proj"],
  "blocks.*.attention.query_down_norm": ["layers.*.self_attn.q_a_layernorm"],
  "blocks.*.attention.query": ({ mixer }) =>
    mixer.kind === "attention" && mixer.latent?.queryRank === undefined
      ? ["layers.*.self_attn.q_proj"]
      : ["layers.*.self_attn.q_b_proj"],
  "blocks.*.attention.latent": ["layers.*.self_attn.kv_a_proj_with_mqa"],
  "blocks.*.attention.latent_norm": ["layers.*.self_attn.kv_a_layernorm"],
  "blocks.*.attention.expand": ["layers.*.self_attn.kv_b_proj"],
};

export function latentDecoder(
  values: ValuesOf<typeof LATENT_KEYS>,
  stored: StoredConfig,
  family: string,
  routing: RoutingConfig,
): DecoderConfig {
  const { fixed, rotated, rank, queryRank, latentValueDim, activation } = values;
  const headDim = fixed + rotated;
  const position = rotaryOf(stored, rotated);
  stored.fields.require("moe_layer_freq", [1]);
  stored.fields.require("rope_interleave", [true]);
  const dense = llamaDecoder({ ...values, nKvHead: values.nHead, headDim, valueDim: undefined }, stored, {
    family,
    qkvBias: values.qkvBias,
    outputBias: values.qkvBias,
    mlpBias: false,
    position,
    multipliers: { scores: scoreScale(stored, headDim) },
  });
  const kinds = dense.layers.map(() => "latent");
  const decoder = withAttention(dense, kinds, (attention) => ({
    ...attention,
    valueDim: latentValueDim,
    latent: { ...(queryRank !== undefined && { queryRank }), rank, rotated, epsilon: EPSILON },
  }));
  const expert = { nInner: values.nExpertInner, activation, gated: true, bias: false };
  const mixture = { ...expert, routing, ...sharedExperts(values.nShared, expert) };
  const types = stored.fields.list("mlp_layer_types");
  return withExperts(decoder, values, stored, mixture, (layer) =>
    types.length > 0 ? types[layer] === "sparse" : layer >= values.nLeading,
  );
}

/** With YaRN the scale of the scores grows with the square of a magnitude: 0.1 m ln(factor) + 1. */
function scoreScale({ fields }: StoredConfig, headDim: number): number {
  const scale = 1 / Math.sqrt(headDim);
  const scaling = fields.nested("rope_scaling") ?? fields.nested("rope_parameters");
  const multiple = scaling?.value("mscale_all_dim");
  if (scaling === undefined || !multiple) return scale;
  const factor = scaling.positive("factor", 1);
  return scale * (0.1 * scaling.positive("mscale_all_dim") * Math.log(Math.max(1, factor)) + 1) ** 2;
}
