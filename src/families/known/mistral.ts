/**
 * Mistral (Jiang et al. 2023): the block of Llama, in its first version with a sliding window. Without one it
 * is a Llama. A Llama of GGUF with a window is a Mistral.
 */

import { BLOCK_DEFAULTS, BLOCK_KEYS, hasWindow, llamaDecoder } from "../blocks/llama.ts";
import { defineFamily } from "../family.ts";
import { SLIDING_WINDOW } from "../layers/layer-types.ts";
import { llama } from "./llama.ts";

export const mistral = defineFamily({
  name: "mistral",
  className: "Mistral",
  languageModel: "ForCausalLM",
  architecture: "llama",
  ggufMark: "attention.sliding_window",
  keys: {
    ...BLOCK_KEYS,
    window: SLIDING_WINDOW,
  },
  defaults: {
    ...BLOCK_DEFAULTS,
    vocabSize: 32000,
    nInner: 14336,
    nKvHead: 8,
    nPositions: 131072,
    window: 4096,
  },
  tensors: llama.tensors,
  decoder: (values, stored) =>
    llamaDecoder(values, stored, {
      family: hasWindow(values) ? "mistral" : "llama",
      qkvBias: false,
      outputBias: false,
      mlpBias: false,
    }),
});
