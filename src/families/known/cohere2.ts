/** Cohere's Command R7B and Command A: three layers with a window, which rotate, then one that sees all. */

import { attentionOf } from "../../model/mixers.ts";
import { biasesOf, llamaDecoder } from "../blocks/llama.ts";
import { defineFamily } from "../family.ts";
import { firstLayer } from "../keys.ts";
import { SLIDING_WINDOW, slidingLayers, slidingLayersKey, withSlidingLayers } from "../layers/layer-types.ts";
import { COHERE_DEFAULTS, COHERE_KEYS, COHERE_TENSORS, centredNorm } from "./cohere.ts";

export const cohere2 = defineFamily({
  name: "cohere2",
  className: "Cohere2",
  languageModel: "ForCausalLM",
  usualIds: [255001],
  architecture: "cohere2",
  keys: { ...COHERE_KEYS, window: SLIDING_WINDOW, slidingLayers: slidingLayersKey(4) },
  defaults: { ...COHERE_DEFAULTS, window: 4096 },
  tensors: COHERE_TENSORS,
  decoder(values, stored) {
    const decoder = llamaDecoder(values, stored, {
      family: "cohere2",
      norm: centredNorm(values.normEpsilon),
      parallel: "one norm",
      multipliers: { logits: values.logits },
      ...biasesOf(values),
    });
    const slides = slidingLayers(values.slidingLayers, values.nLayer, stored);
    const { position } = attentionOf(firstLayer(decoder));
    return withSlidingLayers(decoder, slides, values.window, { full: { kind: "none" }, sliding: position });
  },
});
