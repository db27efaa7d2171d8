/**
 * GLM-4.5 and GLM-4.6 (Zeng et al. 2025): half of each head turns, and mixtures by sigmoid follow some dense
 * layers. The layers behind the last one predict more tokens at once and are passed over.
 */

import {
  BIAS_KEYS,
  BLOCK_DEFAULTS,
  BLOCK_KEYS,
  LLAMA_NAMES,
  llamaDecoder,
  rmsNorm,
} from "../blocks/llama.ts";
import { defineFamily } from "../family.ts";
import { LIMITS } from "../fields.ts";
import { GGUF_NAMES } from "../gguf-names.ts";
import { firstAttention, firstLayer, flag, ggufOnly, key } from "../keys.ts";
import {
  DENSE_INNER,
  EXPERT_INNER,
  EXPERT_KEYS,
  LEADING_DENSE,
  mixtureIn,
  SHARED_COUNT,
  SIGMOID_KEYS,
} from "../layers/expert-keys.ts";
import { DEEPSEEK_EXPERT_NAMES, GGUF_EXPERT_NAMES } from "../layers/expert-names.ts";
import { sharedExperts, sigmoidRouting, withExperts } from "../layers/experts.ts";
import { furtherLayers } from "../stored-config.ts";

export const glm4Moe = defineFamily({
  name: "glm4_moe",
  className: "Glm4Moe",
  languageModel: "ForCausalLM",
  architecture: "glm4moe",
  keys: {
    ...BLOCK_KEYS,
    ...EXPERT_KEYS,
    ...SIGMOID_KEYS,
    nLayer: key<number>({
      ...BLOCK_KEYS.nLayer,
      kind: {
        ...BLOCK_KEYS.nLayer.kind,
        read(stored, name, absent) {
          const blocks = stored.fields.count(name, LIMITS.layers, absent);
          return stored.format === "gguf" ? Math.max(1, blocks - furtherLayers(stored)) : blocks;
        },
      },
    }),
    // A model of dense layers alone has the numbers of its files all the same.
    nExperts: key({
      ...EXPERT_KEYS.nExperts,
      json: "n_routed_experts",
      of: (config) => mixtureIn(config)?.count ?? 1,
    }),
    nActive: key({ ...EXPERT_KEYS.nActive, of: (config) => mixtureIn(config)?.active ?? 1 }),
    nInner: DENSE_INNER,
    nExpertInner: key({
      ...EXPERT_INNER,
      of: (config) => (mixtureIn(config) ?? firstLayer(config).mlp).nInner,
    }),
    nLeading: LEADING_DENSE,
    nShared: SHARED_COUNT,
    qkvBias: key({ ...BIAS_KEYS.qkvBias, of: (config) => firstAttention(config).qkvBias }),
    outputBias: ggufOnly(BIAS_KEYS.outputBias),
    normsHeads: key({
      json: "use_qk_norm",
      gguf: ({ tensors }) => tensors.has("blk.0.attn_q_norm.weight"),
      kind: flag,
      of: (config) => firstAttention(config).qkNorm.kind === "head",
    }),
  },
  defaults: {
    ...BLOCK_DEFAULTS,
    vocabSize: 151552,
    nLayer: 46,
    nHead: 96,
    nKvHead: 8,
    nInner: 10944,
    nPositions: 131072,
    normEpsilon: 1e-5,
    nExperts: 128,
    nActive: 8,
    nExpertInner: 1408,
    nLeading: 1,
    nShared: 1,
    weightScale: 1,
    normalizes: true,
    nGroups: 1,
    nChosenGroups: 1,
    outputBias: false,
  },
  tensors: {
    prefix: "model.",
    huggingFace: { ...LLAMA_NAMES, ...DEEPSEEK_EXPERT_NAMES },
    gguf: { ...GGUF_NAMES, ...GGUF_EXPERT_NAMES, "blocks.*.mlp_norm": ["blk.*.post_attention_norm"] },
  },
  decoder(values, stored) {
    const { activation } = values;
    const expert = { nInner: values.nExpertInner, activation, gated: true, bias: false };
    const decoder = llamaDecoder(values, stored, {
      family: "glm4_moe",
      rotaryPart: stored.fields.part("partial_rotary_factor", 0.5),
      ...(values.normsHeads && { qkNorm: { kind: "head", norm: rmsNorm(values.normEpsilon) } }),
      qkvBias: values.qkvBias,
      outputBias: values.outputBias,
      mlpBias: false,
    });
    const mixture = {
      ...expert,
      routing: sigmoidRouting(values, stored),
      ...sharedExperts(values.nShared, expert),
    };
    return withExperts(decoder, values, stored, mixture, (layer) => layer >= values.nLeading);
  },
});
