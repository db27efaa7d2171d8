/** Llama (Touvron et al. 2023). Its GGUF files store the two dimensions of a rotary pair side by side. */

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

export const llama = defineFamily({
  name: "llama",
  className: "Llama",
  languageModel: "ForCausalLM",
  architecture: "llama",
  keys: { ...BLOCK_KEYS, ...BIAS_KEYS },
  defaults: { ...BLOCK_DEFAULTS, vocabSize: 32000, nInner: 11008, nPositions: 2048 },
  tensors: {
    prefix: "model.",
    huggingFace: LLAMA_NAMES,
    gguf: {
      ...GGUF_NAMES,
      "blocks.*.attention.qkv": [
        { module: "blk.*.attn_q", pairs: "interleaved" },
        { module: "blk.*.attn_k", pairs: "interleaved" },
        "blk.*.attn_v",
      ],
    },
  },
  decoder: (values, stored) => llamaDecoder(values, stored, { family: "llama", ...biasesOf(values) }),
});
