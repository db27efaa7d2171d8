/**
 * Gemma 3 (Gemma Team 2025): Gemma 2 with norms of queries and keys in place of the bounds. Five layers have a
 * window and rotate with angles of their own, the sixth sees all positions.
 */
import { defineFamily } from "../family.ts";
import { GGUF_NAMES } from "../gguf-names.ts";
import { ggufOnly, key } from "../keys.ts";
import { SLIDING_WINDOW, slidingLayers, slidingLayersKey, withSlidingLayers } from "../layers/layer-types.ts";
import { rotariesOf } from "../rotary/rope.ts";
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
import { rmsNorm } from "./llama-block.ts";

/** llama.cpp knows the model of 27B, whose scores have another factor, by its number of layers. */
const LAYERS_OF_27B = 62;

export const gemma3 = defineFamily({
  name: "gemma3_text",
  className: "Gemma3",
  languageModel: "ForCausalLM",
  architecture: "gemma3",
  keys: {
    ...GEMMA_KEYS,
    mlpBias: ggufOnly(GEMMA_KEYS.mlpBias),
    window: SLIDING_WINDOW,
    slidingLayers: slidingLayersKey(6),
    scores: scoresKey(usualScalar(LAYERS_OF_27B)),
    scoreCap: key({ ...SCORE_CAP, kind: softCap() }),
    logitCap: key({ ...LOGIT_CAP, kind: softCap() }),
  },
  defaults: {
    ...GEMMA_DEFAULTS,
    vocabSize: 262_208,
    nPositions: 131_072,
    nLayer: 26,
    nEmbd: 2304,
    nHead: 8,
    nKvHead: 4,
    nInner: 9216,
    mlpBias: false,
    window: 4096,
    scores: 256,
  },
  tensors: { prefix: "model.", huggingFace: GEMMA2_NAMES, gguf: GGUF_NAMES },
  decoder(values, stored) {
    if (stored.format === "huggingface") {
      const embedder = "which makes an encoder of it, and that is not supported";
      stored.fields.require("use_bidirectional_attention", [false], embedder);
    }
    const headDim = values.headDim ?? GEMMA_DEFAULTS.headDim;
    const thetas = { ...(stored.format === "huggingface" && { theta: 1e6 }), localTheta: 1e4 };
    const positions = rotariesOf(stored, { full: headDim, sliding: headDim }, thetas);
    const decoder = gemmaDecoder(values, stored, {
      family: "gemma3_text",
      normPlacement: "before and after",
      qkNorm: { kind: "head", norm: rmsNorm(values.normEpsilon) },
      position: positions.full,
      multipliers: { scores: values.scores ** -0.5 },
      softCaps: { scores: values.scoreCap, logits: values.logitCap },
    });
    const slides = slidingLayers(values.slidingLayers, values.nLayer, stored);
    return withSlidingLayers(decoder, slides, values.window, positions);
  },
  ggufLacks: ({ layers: [layer] }) =>
    layer?.mixer.kind === "attention" && layer.mixer.softCap !== undefined
      ? "a gemma3 with bounds of the scores"
      : undefined,
});
