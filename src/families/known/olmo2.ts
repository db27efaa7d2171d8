/**
 * OLMo 2 (Walsh et al. 2024): norms after the sublayers, and one norm of all query heads or all key heads.
 */

import {
  BIAS_KEYS,
  BLOCK_DEFAULTS,
  BLOCK_KEYS,
  biasesOf,
  LLAMA_NAMES,
  llamaDecoder,
  rmsNorm,
} from "../blocks/llama.ts";
import { defineFamily, type Family } from "../family.ts";
import { GGUF_NAMES } from "../gguf-names.ts";
import { ggufOnly } from "../keys.ts";

const { qkvBias, outputBias, mlpBias } = BIAS_KEYS;

export const OLMO_KEYS = { ...BLOCK_KEYS, qkvBias, outputBias, mlpBias: ggufOnly(mlpBias) };

export const OLMO_DEFAULTS = {
  ...BLOCK_DEFAULTS,
  vocabSize: 50304,
  nInner: 11008,
  nPositions: 2048,
  normEpsilon: 1e-5,
  mlpBias: false,
} as const;

export const OLMO_TENSORS: Family["tensors"] = {
  prefix: "model.",
  huggingFace: {
    ...LLAMA_NAMES,
    "blocks.*.attention_output_norm": ["layers.*.post_attention_layernorm"],
    "blocks.*.mlp_output_norm": ["layers.*.post_feedforward_layernorm"],
  },
  gguf: GGUF_NAMES,
};

export const olmo2 = defineFamily({
  name: "olmo2",
  className: "Olmo2",
  languageModel: "ForCausalLM",
  usualIds: [50279],
  architecture: "olmo2",
  keys: OLMO_KEYS,
  defaults: OLMO_DEFAULTS,
  tensors: OLMO_TENSORS,
  decoder: (values, stored) =>
    llamaDecoder(values, stored, {
      family: "olmo2",
      ...biasesOf(values),
      normPlacement: "after",
      qkNorm: { kind: "row", norm: rmsNorm(values.normEpsilon) },
    }),
});
