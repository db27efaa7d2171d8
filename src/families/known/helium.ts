/** Helium (Kyutai 2025): the block of Llama with rotary pairs of neighbours. */
import { BIAS_KEYS, BLOCK_DEFAULTS, BLOCK_KEYS, llamaDecoder } from "../blocks/llama.ts";
import { defineFamily } from "../family.ts";
import { firstAttention, key } from "../keys.ts";
import { COHERE_TENSORS } from "./cohere.ts";

export const helium = defineFamily({
  name: "helium",
  className: "Helium",
  languageModel: "ForCausalLM",
  keys: {
    ...BLOCK_KEYS,
    qkvBias: key({ ...BIAS_KEYS.qkvBias, of: (config) => firstAttention(config).qkvBias }),
    mlpBias: BIAS_KEYS.mlpBias,
  },
  defaults: {
    ...BLOCK_DEFAULTS,
    vocabSize: 48_000,
    nLayer: 24,
    nEmbd: 2560,
    nHead: 20,
    headDim: 128,
    nInner: 7040,
    nPositions: 4096,
    normEpsilon: 1e-8,
  },
  tensors: { ...COHERE_TENSORS, gguf: {} },
  decoder: ({ qkvBias, mlpBias, ...values }, stored) =>
    llamaDecoder(values, stored, { family: "helium", theta: 1e5, qkvBias, outputBias: false, mlpBias }),
});
