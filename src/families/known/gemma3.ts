/**
 * Gemma 3 (Gemma Team 2025): Gemma 2 with norms of queries and keys in place of the bounds. Five layers have
 * a window and rotate with angles of their own, the sixth sees all positions.
 */

import { GEMMA2_DEFAULTS, GEMMA2_NAMES, gemma2Keys, gemmaDecoder } from "../blocks/gemma.ts";
import { rmsNorm } from "../blocks/llama.ts";
import { defineFamily } from "../family.ts";
import { GGUF_NAMES } from "../gguf-names.ts";
import { slidingLayers, withSlidingLayers } from "../layers/layer-types.ts";
import { rotariesOf } from "../rotary/rope.ts";

export const gemma3 = defineFamily({
  name: "gemma3_text",
  className: "Gemma3",
  languageModel: "ForCausalLM",
  architecture: "gemma3",
  keys: gemma2Keys(62, 6),
  defaults: { ...GEMMA2_DEFAULTS, vocabSize: 262_208, nPositions: 131_072 },
  tensors: { prefix: "model.", huggingFace: GEMMA2_NAMES, gguf: GGUF_NAMES },
  decoder(values, stored) {
    if (stored.format === "huggingface") {
      const embedder = "which makes an encoder of it, and that is not supported";
      stored.fields.require("use_bidirectional_attention", [false], embedder);
    }
    const headDim = values.headDim ?? GEMMA2_DEFAULTS.headDim;
    const thetas = { ...(stored.format === "huggingface" && { theta: 1e6 }), localTheta: 1e4 };
    const positions = rotariesOf(stored, { full: headDim, sliding: headDim }, thetas);
    const decoder = gemmaDecoder(values, stored, {
      family: "gemma3_text",
      normPlacement: "before and after",
      qkNorm: { kind: "head", norm: rmsNorm(values.normEpsilon) },
      position: positions.full,
      multipliers: { scores: values.scores ** -0.5 },
      softCaps: { logits: values.logitCap },
    });
    const slides = slidingLayers(values.slidingLayers, values.nLayer, stored);
    return withSlidingLayers(decoder, slides, values.window, positions);
  },
  ggufLacks: ({ layers: [layer] }) =>
    layer?.mixer.kind === "attention" && layer.mixer.softCap !== undefined
      ? "a gemma3 with bounds of the scores"
      : undefined,
});
