/**
 * Mistral (Jiang et al. 2023): the block of Llama, in its first version with a sliding window. Written as a
 * Llama.
 */
import { defineFamily } from "../family.ts";
import { LIMITS } from "../fields.ts";
import { key, optionalCount } from "../keys.ts";
import { llama } from "./llama.ts";
import { BLOCK_DEFAULTS, BLOCK_KEYS, llamaDecoder } from "./llama-block.ts";

export const mistral = defineFamily({
  name: "mistral",
  className: "Mistral",
  languageModel: "ForCausalLM",
  keys: {
    ...BLOCK_KEYS,
    window: key({ json: "sliding_window", kind: optionalCount(LIMITS.positions), of: () => undefined }),
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
    llamaDecoder(values, stored, { family: "llama", qkvBias: false, outputBias: false, mlpBias: false }),
});
