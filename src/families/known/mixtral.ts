/**
 * Mixtral (Jiang et al. 2024): the block of Llama with a mixture of experts. In GGUF it has Llama's
 * architecture and a number of experts.
 */

import { BLOCK_DEFAULTS, BLOCK_KEYS, LLAMA_NAMES, llamaDecoder } from "../blocks/llama.ts";
import { defineFamily } from "../family.ts";
import { EXPERT_KEYS } from "../layers/expert-keys.ts";
import { GGUF_EXPERT_NAMES } from "../layers/expert-names.ts";
import { SOFTMAX_OF_CHOSEN, withExperts } from "../layers/experts.ts";
import { SLIDING_WINDOW } from "../layers/layer-types.ts";
import type { NameTable } from "../stored-names.ts";
import { llama } from "./llama.ts";

export const MIXTRAL_EXPERT_NAMES: NameTable = {
  "blocks.*.mlp.router": ["layers.*.block_sparse_moe.gate"],
  "blocks.*.mlp.experts.up": [
    "layers.*.block_sparse_moe.experts.#.w1",
    "layers.*.block_sparse_moe.experts.#.w3",
  ],
  "blocks.*.mlp.experts.down": ["layers.*.block_sparse_moe.experts.#.w2"],
};

export const mixtral = defineFamily({
  name: "mixtral",
  className: "Mixtral",
  languageModel: "ForCausalLM",
  architecture: "llama",
  ggufMark: "expert_count",
  keys: { ...BLOCK_KEYS, ...EXPERT_KEYS, window: SLIDING_WINDOW },
  defaults: {
    ...BLOCK_DEFAULTS,
    vocabSize: 32000,
    nInner: 14336,
    nKvHead: 8,
    nPositions: 131072,
    normEpsilon: 1e-5,
    nExperts: 8,
    nActive: 2,
  },
  tensors: {
    prefix: "model.",
    huggingFace: {
      ...LLAMA_NAMES,
      ...MIXTRAL_EXPERT_NAMES,
    },
    gguf: { ...llama.tensors.gguf, ...GGUF_EXPERT_NAMES },
  },
  decoder(values, stored) {
    const decoder = llamaDecoder(values, stored, {
      family: "mixtral",
      theta: 1e6,
      qkvBias: false,
      outputBias: false,
      mlpBias: false,
    });
    return withExperts(decoder, values, stored, {
      nInner: values.nInner,
      activation: values.activation,
      gated: true,
      bias: false,
      routing: SOFTMAX_OF_CHOSEN,
    });
  },
});
