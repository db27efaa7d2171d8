/** The block of DeepSeek-V2 and V3: latent attention, and mixtures after some dense layers. */

import { ggufValue } from "../../checkpoint/gguf/entries.ts";
import type { RotaryConfig } from "../../model/attention/rotary-config.ts";
import type { DecoderConfig, RoutingConfig } from "../../model/config.ts";
import { cachedHeads } from "../../model/mixers.ts";
import { LIMITS } from "../fields.ts";
import { count, firstAttention, flag, type Key, key, optionalCount, type ValuesOf } from "../keys.ts";
import {
  DENSE_INNER,
  EXPERT_INNER,
  EXPERT_KEYS,
  LEADING_DENSE,
  mixtureIn,
  SHARED_COUNT,
  SIGMOID_KEYS,
} from "../layers/expert-keys.ts";
import { sharedExperts, withExperts } from "../layers/experts.ts";
import { withAttention } from "../layers/uniform.ts";
import { rotaryOf } from "../rotary/rope.ts";
import { yarnMagnitude } from "../rotary/yarn.ts";
import type { StoredConfig } from "../stored-config.ts";
import { BIAS_KEYS, BLOCK_DEFAULTS, BLOCK_KEYS, llamaDecoder } from "./llama.ts";

/** The norms of the short vectors have this epsilon, whatever the others have. */
const EPSILON = 1e-6;

const size = (json: string, gguf: Key<number>["gguf"], of: (config: DecoderConfig) => number | undefined) =>
  key({ json, ...(gguf !== undefined && { gguf }), kind: count(LIMITS.width), of });

const MLA_KEYS = "attention.key_length_mla";
const MLA_VALUES = "attention.value_length_mla";

/**
 * Dimensions of keys and values: llama.cpp's older files do not have the sizes of the latent attention beside
 * them.
 */
const lengthOf = ({ fields }: StoredConfig, mla: string, older: string): number =>
  fields.count(fields.has(mla) ? mla : older, LIMITS.width);

/**
 * GGUF numbers the functions of the logits: 1 is the softmax, 2 the sigmoid. Older files have none for the
 * softmax.
 */
const GATING = {
  softmax: 1,
  sigmoid: 2,
} as const;

/**
 * Sizes by the names of DeepSeek. In GGUF, keys and values are those of the one head that the cache holds.
 */
export const LATENT_KEYS = {
  ...BLOCK_KEYS,
  ...EXPERT_KEYS,
  ...SIGMOID_KEYS,
  gating: key<"softmax" | "sigmoid">({
    gguf: "expert_gating_func",
    kind: {
      read: ({ fields }, name) => {
        fields.require(name, [0, 1, 2], "which is not supported: expected 1, the softmax, or 2, the sigmoid");
        return fields.is(name, GATING.sigmoid) ? "sigmoid" : "softmax";
      },
      json: (value) => value,
      gguf: (value) => ggufValue.uint32(GATING[value]),
    },
    of: (config) => (mixtureIn(config)?.routing.scores === "sigmoid" ? "sigmoid" : "softmax"),
  }),
  nKvHead: key<number | undefined>({
    json: "num_key_value_heads",
    kind: optionalCount(LIMITS.heads),
    of: (config) => firstAttention(config).nKvHead,
  }),
  cachedHeads: key<number>({
    gguf: "attention.head_count_kv",
    kind: count(LIMITS.heads),
    of: () => 1,
  }),
  cachedKeys: key<number>({
    gguf: "attention.key_length",
    kind: count(LIMITS.width),
    of: (config) => cachedHeads(firstAttention(config)).headDim,
  }),
  cachedValues: key<number>({
    gguf: "attention.value_length",
    kind: count(LIMITS.width),
    of: (config) => cachedHeads(firstAttention(config)).valueDim,
  }),
  keyLength: key<number | undefined>({
    gguf: MLA_KEYS,
    kind: optionalCount(LIMITS.width),
    of: (config) => firstAttention(config).headDim,
  }),
  valueLength: key<number | undefined>({
    gguf: MLA_VALUES,
    kind: optionalCount(LIMITS.width),
    of: (config) => firstAttention(config).valueDim,
  }),
  nExperts: key({ ...EXPERT_KEYS.nExperts, json: "n_routed_experts" }),
  nInner: DENSE_INNER,
  nExpertInner: EXPERT_INNER,
  nLeading: LEADING_DENSE,
  nShared: SHARED_COUNT,
  qkvBias: key({
    ...BIAS_KEYS.qkvBias,
    gguf: ({ tensors }) => tensors.has("blk.0.attn_output.bias"),
    of: (config) => firstAttention(config).qkvBias,
  }),
  queryRank: key({
    json: "q_lora_rank",
    gguf: "attention.q_lora_rank",
    kind: {
      ...optionalCount(LIMITS.width),
      json: (value) => value ?? null,
      gguf: (value) => (value === undefined ? undefined : ggufValue.uint32(value)),
    },
    of: (config) => firstAttention(config).latent?.queryRank,
  }),
  rank: size("kv_lora_rank", "attention.kv_lora_rank", (config) => firstAttention(config).latent?.rank),
  rotated: size(
    "qk_rope_head_dim",
    ({ fields }) => fields.count("rope.dimension_count", LIMITS.width),
    (config) => firstAttention(config).latent?.rotated,
  ),
  fixed: size(
    "qk_nope_head_dim",
    (stored) => {
      const rotated = stored.fields.count("rope.dimension_count", LIMITS.width);
      const length = lengthOf(stored, MLA_KEYS, "attention.key_length");
      if (length > rotated) return length - rotated;
      throw stored.fields.wrong(
        "rope.dimension_count",
        `expected less than the length of the keys, ${length}`,
      );
    },
    (config) => {
      const { headDim, latent } = firstAttention(config);
      return headDim - (latent?.rotated ?? 0);
    },
  ),
  latentValueDim: size(
    "v_head_dim",
    (stored) => lengthOf(stored, MLA_VALUES, "attention.value_length"),
    (config) => firstAttention(config).valueDim,
  ),
  headDim: key<number | undefined>({ kind: optionalCount(LIMITS.width), of: () => undefined }),
  valueDim: key<number | undefined>({ kind: optionalCount(LIMITS.width), of: () => undefined }),
};

/** Order of the rotated dimensions, which DeepSeek-V2 has no field for. */
export const ROPE_INTERLEAVE = key({
  json: "rope_interleave",
  kind: flag,
  of: (config) => firstAttention(config).latent?.inHalves !== true,
});

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
  gating: "sigmoid",
  cachedHeads: 1,
  cachedKeys: 1,
  cachedValues: 1,
  qkvBias: false,
  queryRank: 1536,
  rank: 512,
  rotated: 64,
  fixed: 128,
  latentValueDim: 128,
} as const;

/** @param mixtures whether each layer has one. Default: all but the leading ones */
export function latentDecoder(
  values: ValuesOf<typeof LATENT_KEYS> & { readonly interleaved?: boolean },
  stored: StoredConfig,
  family: string,
  routing: RoutingConfig,
  mixtures?: readonly boolean[],
): DecoderConfig {
  const { fixed, rotated, rank, queryRank, latentValueDim, activation, interleaved = true } = values;
  const headDim = fixed + rotated;
  const position = rotaryOf(stored, rotated, { scalesScores: true });
  stored.fields.require("moe_layer_freq", [1]);
  stored.fields.require("mlp_bias", [false]);
  const dense = llamaDecoder({ ...values, nKvHead: values.nHead, headDim, valueDim: undefined }, stored, {
    family,
    qkvBias: values.qkvBias,
    outputBias: values.qkvBias,
    mlpBias: false,
    position,
    multipliers: { scores: scoreScale(position, headDim) },
  });
  const kinds = dense.layers.map(() => "latent");
  const decoder = withAttention(dense, kinds, (attention) => ({
    ...attention,
    valueDim: latentValueDim,
    latent: {
      ...(queryRank !== undefined && { queryRank }),
      ...{ rank, rotated, epsilon: EPSILON },
      ...(!interleaved && { inHalves: true }),
    },
  }));
  const expert = { nInner: values.nExpertInner, activation, gated: true, bias: false };
  const mixture = { ...expert, routing, ...sharedExperts(values.nShared, expert) };
  return withExperts(
    decoder,
    values,
    stored,
    mixture,
    (layer) => mixtures?.[layer] ?? layer >= values.nLeading,
  );
}

/** With YaRN the scale of the scores grows with the square of a magnitude. */
function scoreScale({ scaling }: RotaryConfig, headDim: number): number {
  const multiple = scaling.kind === "yarn" ? scaling.scoreMultiple : undefined;
  const scale = 1 / Math.sqrt(headDim);
  return scaling.kind === "yarn" && multiple !== undefined
    ? scale * yarnMagnitude(scaling.factor, multiple) ** 2
    : scale;
}

/** llama.cpp's magnitude of the cosines and sines of these models is 1. */
export const ggufLacksMagnitude = (config: DecoderConfig): string | undefined => {
  const { position } = firstAttention(config);
  const isOwn =
    position.kind === "rotary" &&
    position.scaling.kind === "yarn" &&
    position.scaling.scoreMultiple !== undefined &&
    position.scaling.magnitude !== 1;
  return isOwn ? "a model whose mscale and mscale_all_dim differ" : undefined;
};
