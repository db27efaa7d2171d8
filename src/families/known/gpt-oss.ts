/**
 * gpt-oss (OpenAI 2025): attention sinks, a window in every second layer, YaRN, and experts with biases,
 * whose files have the rows of gate and up in turn.
 */

import type { YarnScaling } from "../../model/attention/rotary-config.ts";
import { BIAS_KEYS, BLOCK_DEFAULTS, BLOCK_KEYS, LLAMA_NAMES, llamaDecoder } from "../blocks/llama.ts";
import { defineFamily } from "../family.ts";
import { GGUF_NAMES } from "../gguf-names.ts";
import { key } from "../keys.ts";
import { attentionHeads } from "../layers/attention-heads.ts";
import { DENSE_INNER, EXPERT_INNER, EXPERT_KEYS } from "../layers/expert-keys.ts";
import { GGUF_EXPERT_NAMES } from "../layers/expert-names.ts";
import { SOFTMAX_OF_CHOSEN, withExperts } from "../layers/experts.ts";
import { maskOf, SLIDING_WINDOW, slidingLayers, slidingLayersKey } from "../layers/layer-types.ts";
import { withAttention } from "../layers/uniform.ts";
import { rotaryOf } from "../rotary/rope.ts";
import { yarnMagnitude } from "../rotary/yarn.ts";

/** Of a config.json that names none. */
const USUAL_SCALING: YarnScaling = {
  kind: "yarn",
  factor: 32,
  originalPositions: 4096,
  betaFast: 32,
  betaSlow: 1,
  truncate: false,
  magnitude: yarnMagnitude(32),
};

export const gptOss = defineFamily({
  name: "gpt_oss",
  className: "GptOss",
  languageModel: "ForCausalLM",
  architecture: "gpt-oss",
  keys: {
    ...BLOCK_KEYS,
    ...EXPERT_KEYS,
    qkvBias: BIAS_KEYS.qkvBias,
    outputBias: BIAS_KEYS.outputBias,
    nInner: key({ ...DENSE_INNER }),
    nExpertInner: key({ ...EXPERT_INNER, json: "intermediate_size" }),
    /** config.json names SiLU, of which the bounds are a part of the family. */
    activation: key({ ...BLOCK_KEYS.activation, of: () => undefined }),
    window: SLIDING_WINDOW,
    slidingLayers: slidingLayersKey(2),
  },
  defaults: {
    ...BLOCK_DEFAULTS,
    vocabSize: 201088,
    nLayer: 36,
    nEmbd: 2880,
    nHead: 64,
    nKvHead: 8,
    headDim: 64,
    nInner: 2880,
    nExpertInner: 2880,
    nPositions: 131072,
    normEpsilon: 1e-5,
    nExperts: 128,
    nActive: 4,
    window: 128,
    qkvBias: true,
    outputBias: true,
  },
  tensors: {
    prefix: "model.",
    huggingFace: {
      ...LLAMA_NAMES,
      "blocks.*.attention.sinks": [{ module: "layers.*.self_attn.sinks", bare: true }],
      "blocks.*.mlp.router": ["layers.*.mlp.router"],
      "blocks.*.mlp.experts.up": ({ mlp: { nInner } }) => [
        {
          module: "layers.*.mlp.experts.gate_up_proj",
          layout: "conv1d",
          bare: true,
          rows: () => ({ block: 2 * nInner, groups: nInner, parts: [1, 1] }),
        },
      ],
      "blocks.*.mlp.experts.down": [
        { module: "layers.*.mlp.experts.down_proj", layout: "conv1d", bare: true },
      ],
    },
    gguf: {
      ...GGUF_NAMES,
      ...GGUF_EXPERT_NAMES,
      "blocks.*.attention.sinks": ["blk.*.attn_sinks"],
      "blocks.*.mlp_norm": ["blk.*.post_attention_norm"],
    },
  },
  decoder(values, stored) {
    const { headDim } = attentionHeads(values, stored);
    const { window, ...sizes } = values;
    const decoder = llamaDecoder({ ...sizes, window: undefined }, stored, {
      family: "gpt_oss",
      position: rotaryOf(stored, headDim, { theta: 150_000, truncates: false, scaling: USUAL_SCALING }),
      qkvBias: values.qkvBias,
      outputBias: values.outputBias,
      mlpBias: false,
    });
    const slides = slidingLayers(values.slidingLayers, values.nLayer, stored);
    const masked = withAttention(decoder, slides, (attention, isWindow) => ({
      ...attention,
      sinks: true,
      mask: maskOf(isWindow, window),
    }));
    return withExperts(masked, values, stored, {
      nInner: values.nExpertInner,
      // The bound is 7 in transformers and llama.cpp, whatever swiglu_limit says.
      activation: "clamped_swiglu",
      gated: true,
      bias: true,
      routing: { ...SOFTMAX_OF_CHOSEN, bias: true },
    });
  },
});
