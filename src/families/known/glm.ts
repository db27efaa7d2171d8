/**
 * GLM-4 of 2024 (Team GLM 2024): the block of Llama, in which half of each head turns, in pairs of
 * neighbours. Gate and up are one matrix.
 */

import { rotaryPartKey } from "../blocks/layer-norm.ts";
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
import { ggufOnly } from "../keys.ts";
import type { NameTable } from "../stored-names.ts";

export const GLM_KEYS = {
  ...BLOCK_KEYS,
  ...BIAS_KEYS,
  outputBias: ggufOnly(BIAS_KEYS.outputBias),
  mlpBias: ggufOnly(BIAS_KEYS.mlpBias),
  rotaryPart: rotaryPartKey("partial_rotary_factor"),
};

export const GLM_DEFAULTS = {
  ...BLOCK_DEFAULTS,
  vocabSize: 151_552,
  nLayer: 40,
  nKvHead: 2,
  headDim: 128,
  nInner: 13_696,
  nPositions: 131_072,
  normEpsilon: 1.5625e-7,
  rotaryPart: 0.5,
  qkvBias: true,
  outputBias: false,
  mlpBias: false,
} as const;

const attention = (query: string, key: string, value: string) => [
  { module: query, pairs: "interleaved" } as const,
  { module: key, pairs: "interleaved" } as const,
  value,
];

export const GLM_TENSORS: Family["tensors"] = {
  prefix: "model.",
  huggingFace: {
    ...LLAMA_NAMES,
    "blocks.*.attention.qkv": attention(
      "layers.*.self_attn.q_proj",
      "layers.*.self_attn.k_proj",
      "layers.*.self_attn.v_proj",
    ),
    "blocks.*.mlp.up": ["layers.*.mlp.gate_up_proj"],
  } satisfies NameTable,
  gguf: {
    ...GGUF_NAMES,
    "blocks.*.attention.qkv": attention("blk.*.attn_q", "blk.*.attn_k", "blk.*.attn_v"),
    "blocks.*.mlp.up": ["blk.*.ffn_up"],
  },
};

export const glm = defineFamily({
  name: "glm",
  className: "Glm",
  languageModel: "ForCausalLM",
  architecture: "chatglm",
  keys: GLM_KEYS,
  defaults: GLM_DEFAULTS,
  tensors: GLM_TENSORS,
  decoder: (values, stored) =>
    llamaDecoder(values, stored, { family: "glm", rotaryPart: values.rotaryPart, ...biasesOf(values) }),
});
