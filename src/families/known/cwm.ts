/** Code World Model (Meta 2025): the block of Llama with a window in three of four layers. */
import { BLOCK_DEFAULTS, BLOCK_KEYS, LLAMA_NAMES, llamaDecoder } from "../blocks/llama.ts";
import { defineFamily } from "../family.ts";
import { LIMITS } from "../fields.ts";
import { firstAttention } from "../keys.ts";
import { SLIDING_WINDOW, slidingLayers, slidingLayersKey, withSlidingLayers } from "../layers/layer-types.ts";
import type { StoredConfig } from "../stored-config.ts";

/** Every fourth layer sees all, the first one too. */
const usual = ({ fields }: StoredConfig): boolean[] =>
  Array.from({ length: fields.count("num_hidden_layers", LIMITS.layers, 64) }, (_, i) => i % 4 !== 0);

export const cwm = defineFamily({
  name: "cwm",
  className: "Cwm",
  languageModel: "ForCausalLM",
  keys: { ...BLOCK_KEYS, window: SLIDING_WINDOW, slidingLayers: slidingLayersKey(usual) },
  defaults: {
    ...BLOCK_DEFAULTS,
    vocabSize: 128_256,
    nLayer: 64,
    nEmbd: 6144,
    nHead: 48,
    nKvHead: 8,
    headDim: 128,
    nInner: 21_504,
    nPositions: 131_072,
    normEpsilon: 1e-5,
    window: 8192,
  },
  tensors: { prefix: "model.", huggingFace: LLAMA_NAMES, gguf: {} },
  decoder(values, stored) {
    stored.fields.require("mlp_bias", [false]);
    const differences = { family: "cwm", theta: 1e6, qkvBias: false, outputBias: false, mlpBias: false };
    const decoder = llamaDecoder({ ...values, window: undefined }, stored, differences);
    const { position } = firstAttention(decoder);
    const slides = slidingLayers(values.slidingLayers, values.nLayer, stored);
    return withSlidingLayers(decoder, slides, values.window, { full: position, sliding: position });
  },
});
