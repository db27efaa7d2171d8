/** Ministral (Mistral AI 2024): Mistral with a window in layers that are listed, in all without a list. */
import { BLOCK_DEFAULTS, BLOCK_KEYS, LLAMA_NAMES, llamaDecoder } from "../blocks/llama.ts";
import { defineFamily } from "../family.ts";
import { LIMITS } from "../fields.ts";
import { firstAttention } from "../keys.ts";
import { SLIDING_WINDOW, slidingLayers, slidingLayersKey, withSlidingLayers } from "../layers/layer-types.ts";

/** A period that no layer reaches. */
const ALL = LIMITS.layers + 1;

export const ministral = defineFamily({
  name: "ministral",
  className: "Ministral",
  languageModel: "ForCausalLM",
  keys: { ...BLOCK_KEYS, window: SLIDING_WINDOW, slidingLayers: slidingLayersKey(() => ALL) },
  defaults: {
    ...BLOCK_DEFAULTS,
    vocabSize: 32000,
    nInner: 14336,
    nKvHead: 8,
    nPositions: 131072,
    window: 4096,
  },
  tensors: { prefix: "model.", huggingFace: LLAMA_NAMES, gguf: {} },
  decoder(values, stored) {
    const differences = { family: "ministral", qkvBias: false, outputBias: false, mlpBias: false };
    const decoder = llamaDecoder({ ...values, window: undefined }, stored, differences);
    const { position } = firstAttention(decoder);
    const slides = slidingLayers(values.slidingLayers, values.nLayer, stored);
    return withSlidingLayers(decoder, slides, values.window, { full: position, sliding: position });
  },
});
