/**
 * Cohere's Command R: attention and MLP in parallel from one layer norm without bias, rotary pairs of
 * neighbours, a factor of the logits.
 */

import { attentionsOf } from "../../model/mixers.ts";
import type { NormConfig } from "../../model/norm-config.ts";
import {
  BIAS_KEYS,
  BLOCK_DEFAULTS,
  BLOCK_KEYS,
  biasesOf,
  LLAMA_NAMES,
  llamaDecoder,
} from "../blocks/llama.ts";
import { defineFamily, type Family } from "../family.ts";
import { GGUF_NAMES } from "../gguf-names.ts";
import { flag, ggufOnly, key, positive } from "../keys.ts";

export const COHERE_KEYS = {
  ...BLOCK_KEYS,
  ...BIAS_KEYS,
  mlpBias: ggufOnly(BIAS_KEYS.mlpBias),
  normEpsilon: key({
    ...BLOCK_KEYS.normEpsilon,
    json: "layer_norm_eps",
    gguf: "attention.layer_norm_epsilon",
  }),
  logits: key({
    json: "logit_scale",
    gguf: "logit_scale",
    kind: positive,
    of: ({ head }) => (head.kind === "tokens" ? head.scale : undefined),
  }),
};

export const COHERE_DEFAULTS = {
  ...BLOCK_DEFAULTS,
  vocabSize: 256_000,
  nLayer: 40,
  nEmbd: 8192,
  nHead: 64,
  nInner: 22_528,
  nPositions: 8192,
  normEpsilon: 1e-5,
  logits: 0.0625,
  mlpBias: false,
  tied: true,
} as const;

export const centredNorm = (epsilon: number): NormConfig => ({ kind: "layernorm", epsilon, bias: false });

const pairs = "interleaved";

export const COHERE_TENSORS: Family["tensors"] = {
  prefix: "model.",
  huggingFace: {
    ...LLAMA_NAMES,
    "blocks.*.attention.qkv": [
      { module: "layers.*.self_attn.q_proj", pairs },
      { module: "layers.*.self_attn.k_proj", pairs },
      "layers.*.self_attn.v_proj",
    ],
    "blocks.*.attention.query_norm": [{ module: "layers.*.self_attn.q_norm", heads: "rows", pairs }],
    "blocks.*.attention.key_norm": [{ module: "layers.*.self_attn.k_norm", heads: "rows", pairs }],
  },
  gguf: {
    ...GGUF_NAMES,
    "blocks.*.attention.qkv": [
      { module: "blk.*.attn_q", pairs },
      { module: "blk.*.attn_k", pairs },
      "blk.*.attn_v",
    ],
    "blocks.*.attention.query_norm": [{ module: "blk.*.attn_q_norm", heads: "rows", pairs }],
    "blocks.*.attention.key_norm": [{ module: "blk.*.attn_k_norm", heads: "rows", pairs }],
  },
};

export const cohere = defineFamily({
  name: "cohere",
  className: "Cohere",
  languageModel: "ForCausalLM",
  usualIds: [255001],
  architecture: "command-r",
  keys: {
    ...COHERE_KEYS,
    /** A GGUF file has the norms if it has their tensors. */
    normsHeads: key({
      json: "use_qk_norm",
      gguf: ({ tensors }) => tensors.has("blk.0.attn_q_norm.weight"),
      kind: flag,
      of: (config) => attentionsOf(config)[0]?.qkNorm.kind === "heads",
    }),
  },
  defaults: { ...COHERE_DEFAULTS, normsHeads: false },
  tensors: COHERE_TENSORS,
  decoder(values, stored) {
    const norm = centredNorm(values.normEpsilon);
    return llamaDecoder(values, stored, {
      family: "cohere",
      norm,
      parallel: "one norm",
      theta: 5e5,
      ...(values.normsHeads && { qkNorm: { kind: "heads", norm } }),
      multipliers: { logits: values.logits },
      ...biasesOf(values),
    });
  },
});
