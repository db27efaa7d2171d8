/**
 * Gemma 2 (Gemma Team 2024): bounds of scores and logits, norms before and after each sublayer, and a window
 * in every second layer.
 */

import { GEMMA2_DEFAULTS, GEMMA2_NAMES, gemma2Keys, gemmaDecoder } from "../blocks/gemma.ts";
import { defineFamily } from "../family.ts";
import { GGUF_NAMES } from "../gguf-names.ts";
import { slidingLayers, withSlidingLayers } from "../layers/layer-types.ts";
import { rotaryOf } from "../rotary/rope.ts";

export const gemma2 = defineFamily({
  name: "gemma2",
  className: "Gemma2",
  languageModel: "ForCausalLM",
  architecture: "gemma2",
  keys: gemma2Keys(46, 2, { scores: 50, logits: 30 }),
  defaults: { ...GEMMA2_DEFAULTS, scoreCap: 50, logitCap: 30 },
  tensors: { prefix: "model.", huggingFace: GEMMA2_NAMES, gguf: GGUF_NAMES },
  decoder(values, stored) {
    const decoder = gemmaDecoder(values, stored, {
      family: "gemma2",
      normPlacement: "before and after",
      multipliers: { scores: values.scores ** -0.5 },
      softCaps: { scores: values.scoreCap, logits: values.logitCap },
    });
    const rotary = rotaryOf(stored, values.headDim ?? GEMMA2_DEFAULTS.headDim);
    const slides = slidingLayers(values.slidingLayers, values.nLayer, stored);
    return withSlidingLayers(decoder, slides, values.window, { full: rotary, sliding: rotary });
  },
  /** llama.cpp takes 50 and 30 for bounds that a file does not name. */
  ggufLacks({ head, layers: [layer] }) {
    const bounded = head.kind === "tokens" && head.softCap !== undefined;
    return bounded && layer?.mixer.kind === "attention" && layer.mixer.softCap !== undefined
      ? undefined
      : "a gemma2 without bounds of scores and logits";
  },
});
