/**
 * OLMo 3 (Ai2 2025): the block of OLMo 2, with a window in three of four layers, whose angles are not scaled.
 */

import { biasesOf, llamaDecoder, rmsNorm } from "../blocks/llama.ts";
import { defineFamily } from "../family.ts";
import { attentionHeads } from "../layers/attention-heads.ts";
import { SLIDING_WINDOW, slidingLayers, slidingLayersKey, withSlidingLayers } from "../layers/layer-types.ts";
import { rotariesOf } from "../rotary/rope.ts";
import { OLMO_DEFAULTS, OLMO_KEYS, OLMO_TENSORS } from "./olmo2.ts";

export const olmo3 = defineFamily({
  name: "olmo3",
  className: "Olmo3",
  languageModel: "ForCausalLM",
  usualIds: [50279],
  architecture: "olmo2",
  ggufMark: "attention.sliding_window",
  keys: { ...OLMO_KEYS, window: SLIDING_WINDOW, slidingLayers: slidingLayersKey(4) },
  defaults: { ...OLMO_DEFAULTS, window: 4096 },
  tensors: OLMO_TENSORS,
  decoder(values, stored) {
    const { headDim } = attentionHeads(values, stored);
    const positions = rotariesOf(stored, { full: headDim, sliding: headDim }, { theta: 5e5 });
    const decoder = llamaDecoder(values, stored, {
      family: "olmo3",
      ...biasesOf(values),
      normPlacement: "after",
      qkNorm: { kind: "row", norm: rmsNorm(values.normEpsilon) },
      position: positions.full,
    });
    const slides = slidingLayers(values.slidingLayers, values.nLayer, stored);
    return withSlidingLayers(decoder, slides, values.window, positions);
  },
});
