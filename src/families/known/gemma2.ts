/**
 * Gemma 2 (Gemma Team 2024): bounds of scores and logits, norms before and after each sublayer, and a window in
 * every second layer.
 */
import { defineFamily } from "../family.ts";
import { GGUF_NAMES } from "../gguf-names.ts";
import { ggufOnly, key } from "../keys.ts";
import { SLIDING_WINDOW, slidingLayers, slidingLayersKey, withSlidingLayers } from "../layers/layer-types.ts";
import { rotaryOf } from "../rotary/rope.ts";
import {
  GEMMA_DEFAULTS,
  GEMMA_KEYS,
  GEMMA2_NAMES,
  gemmaDecoder,
  LOGIT_CAP,
  SCORE_CAP,
  scoresKey,
  softCap,
  usualScalar,
} from "./gemma-block.ts";

/** llama.cpp knows the model of 27B, whose scores have another factor, by its number of layers. */
const LAYERS_OF_27B = 46;

export const gemma2 = defineFamily({
  name: "gemma2",
  className: "Gemma2",
  languageModel: "ForCausalLM",
  architecture: "gemma2",
  keys: {
    ...GEMMA_KEYS,
    mlpBias: ggufOnly(GEMMA_KEYS.mlpBias),
    window: SLIDING_WINDOW,
    slidingLayers: slidingLayersKey(2),
    scores: scoresKey(usualScalar(LAYERS_OF_27B)),
    scoreCap: key({ ...SCORE_CAP, kind: softCap(50) }),
    logitCap: key({ ...LOGIT_CAP, kind: softCap(30) }),
  },
  defaults: {
    ...GEMMA_DEFAULTS,
    nLayer: 26,
    nEmbd: 2304,
    nHead: 8,
    nKvHead: 4,
    nInner: 9216,
    mlpBias: false,
    window: 4096,
    scores: 256,
    scoreCap: 50,
    logitCap: 30,
  },
  tensors: { prefix: "model.", huggingFace: GEMMA2_NAMES, gguf: GGUF_NAMES },
  decoder(values, stored) {
    const decoder = gemmaDecoder(values, stored, {
      family: "gemma2",
      normPlacement: "before and after",
      multipliers: { scores: values.scores ** -0.5 },
      softCaps: { scores: values.scoreCap, logits: values.logitCap },
    });
    const rotary = rotaryOf(stored, values.headDim ?? GEMMA_DEFAULTS.headDim);
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
