/** Seed-OSS (ByteDance 2025): the block of Llama with biases of queries, keys and values. */

import {
  BIAS_KEYS,
  BLOCK_DEFAULTS,
  BLOCK_KEYS,
  biasesOf,
  LLAMA_NAMES,
  llamaDecoder,
} from "../blocks/llama.ts";
import { defineFamily } from "../family.ts";
import { GGUF_NAMES } from "../gguf-names.ts";
import { key } from "../keys.ts";

export const seedOss = defineFamily({
  name: "seed_oss",
  className: "SeedOss",
  languageModel: "ForCausalLM",
  architecture: "seed_oss",
  keys: {
    ...BLOCK_KEYS,
    ...BIAS_KEYS,
    outputBias: key({ ...BIAS_KEYS.outputBias, json: "attention_out_bias" }),
  },
  defaults: {
    ...BLOCK_DEFAULTS,
    vocabSize: 155_136,
    nLayer: 64,
    nHead: 80,
    nKvHead: 8,
    headDim: 128,
    nInner: 27_648,
    nPositions: 524_288,
    qkvBias: true,
    outputBias: false,
    mlpBias: false,
  },
  tensors: {
    prefix: "model.",
    huggingFace: LLAMA_NAMES,
    gguf: { ...GGUF_NAMES, "blocks.*.mlp_norm": ["blk.*.post_attention_norm"] },
  },
  decoder: (values, stored) => llamaDecoder(values, stored, { family: "seed_oss", ...biasesOf(values) }),
});
