/**
 * Phi-3.5-MoE (Abdin et al. 2024): layer norms, biases of attention and head, and two experts that a sparse
 * mixer chooses (Liu et al. 2024).
 */

import { activationKey, biasKey, LAYER_NORM_KEYS, layerNormDecoder } from "../blocks/layer-norm.ts";
import { LLAMA_NAMES } from "../blocks/llama.ts";
import { defineFamily } from "../family.ts";
import { GGUF_NAMES } from "../gguf-names.ts";
import { flag, key, positive } from "../keys.ts";
import { EXPERT_KEYS, mixtureIn } from "../layers/expert-keys.ts";
import { GGUF_EXPERT_NAMES } from "../layers/expert-names.ts";
import { SOFTMAX_ROUTING, withExperts } from "../layers/experts.ts";
import { SLIDING_WINDOW } from "../layers/layer-types.ts";
import { MIXTRAL_EXPERT_NAMES } from "./mixtral.ts";

/** GGUF has no key for it. */
const USUAL_JITTER = 0.01;

export const phimoe = defineFamily({
  name: "phimoe",
  className: "Phimoe",
  languageModel: "ForCausalLM",
  architecture: "phimoe",
  keys: {
    ...LAYER_NORM_KEYS,
    ...EXPERT_KEYS,
    normEpsilon: key({
      json: "rms_norm_eps",
      gguf: "attention.layer_norm_rms_epsilon",
      kind: positive,
      of: ({ finalNorm }) => finalNorm?.epsilon,
    }),
    activation: activationKey("hidden_act", "silu"),
    window: SLIDING_WINDOW,
    attentionBias: biasKey("attention_bias", "blk.0.attn_q.bias", ({ qkvBias }) => qkvBias),
    headBias: key({
      json: "lm_head_bias",
      gguf: ({ tensors }) => tensors.has("output.bias"),
      kind: flag,
      of: ({ head }) => head.kind === "tokens" && head.bias,
    }),
    /** Half of the largest relative distance from the best logit. */
    jitter: key({
      json: "router_jitter_noise",
      gguf: () => USUAL_JITTER,
      kind: positive,
      of: (config) => jitterOf(mixtureIn(config)?.routing.closeness),
    }),
  },
  defaults: {
    vocabSize: 32064,
    nLayer: 32,
    nEmbd: 4096,
    nHead: 32,
    nKvHead: 8,
    nInner: 6400,
    nPositions: 131072,
    normEpsilon: 1e-5,
    activation: "silu",
    tied: false,
    nExperts: 16,
    nActive: 2,
    jitter: USUAL_JITTER,
    window: undefined,
  },
  tensors: {
    prefix: "model.",
    huggingFace: { ...LLAMA_NAMES, ...MIXTRAL_EXPERT_NAMES },
    gguf: { ...GGUF_NAMES, ...GGUF_EXPERT_NAMES },
  },
  decoder(values, stored) {
    const { attentionBias, headBias, ...sizes } = values;
    const decoder = layerNormDecoder(sizes, stored, {
      family: "phimoe",
      theta: 1e6,
      gated: true,
      qkvBias: attentionBias,
      outputBias: attentionBias,
      mlpBias: false,
      headBias,
    });
    return withExperts(decoder, values, stored, {
      nInner: values.nInner,
      activation: values.activation,
      gated: true,
      bias: false,
      routing: { ...SOFTMAX_ROUTING, scores: "sparseMixer", closeness: 2 * values.jitter },
    });
  },
  ggufLacks(config) {
    const jitter = jitterOf(mixtureIn(config)?.routing.closeness);
    return jitter === USUAL_JITTER ? undefined : `phimoe models with a router_jitter_noise of ${jitter}`;
  },
});

const jitterOf = (closeness?: number): number | undefined => closeness && closeness / 2;
