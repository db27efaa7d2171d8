/**
 * Phi-3, Phi-3.5 and Phi-4 (Abdin et al. 2024): the block of Llama with fused matrices, whose rows are all
 * queries, all keys and all values, and gate and up.
 */

import { BLOCK_DEFAULTS, BLOCK_KEYS, LLAMA_NAMES, llamaDecoder } from "../blocks/llama.ts";
import { defineFamily } from "../family.ts";
import { GGUF_NAMES } from "../gguf-names.ts";
import { SLIDING_WINDOW } from "../layers/layer-types.ts";

export const phi3 = defineFamily({
  name: "phi3",
  className: "Phi3",
  languageModel: "ForCausalLM",
  architecture: "phi3",
  keys: { ...BLOCK_KEYS, window: SLIDING_WINDOW },
  defaults: {
    ...BLOCK_DEFAULTS,
    vocabSize: 32064,
    nEmbd: 3072,
    nInner: 8192,
    nPositions: 4096,
    normEpsilon: 1e-5,
    tied: false,
  },
  tensors: {
    prefix: "model.",
    huggingFace: {
      ...LLAMA_NAMES,
      "blocks.*.attention.qkv": ["layers.*.self_attn.qkv_proj"],
      "blocks.*.mlp.up": ["layers.*.mlp.gate_up_proj"],
    },
    gguf: {
      ...GGUF_NAMES,
      "blocks.*.attention.qkv": ["blk.*.attn_qkv"],
      "blocks.*.mlp.up": ["blk.*.ffn_up"],
    },
  },
  decoder: (values, stored) =>
    llamaDecoder(values, stored, { family: "phi3", qkvBias: false, outputBias: false, mlpBias: false }),
});
