/** Gemma (Gemma Team 2024). */

import { GEMMA_DEFAULTS, GEMMA_KEYS, GEMMA_NAMES, gemmaDecoder } from "../blocks/gemma.ts";
import { defineFamily } from "../family.ts";
import { GGUF_NAMES } from "../gguf-names.ts";
import { ggufOnly } from "../keys.ts";

export const gemma = defineFamily({
  name: "gemma",
  className: "Gemma",
  languageModel: "ForCausalLM",
  architecture: "gemma",
  keys: { ...GEMMA_KEYS, mlpBias: ggufOnly(GEMMA_KEYS.mlpBias) },
  defaults: {
    ...GEMMA_DEFAULTS,
    nLayer: 28,
    nEmbd: 3072,
    nHead: 16,
    nKvHead: 16,
    nInner: 24576,
    mlpBias: false,
  },
  tensors: { prefix: "model.", huggingFace: GEMMA_NAMES, gguf: GGUF_NAMES },
  decoder: (values, stored) => gemmaDecoder(values, stored, { family: "gemma" }),
});
