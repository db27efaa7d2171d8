/** VaultGemma (Google 2025): Gemma 2 without norms after its sublayers. */
import { GEMMA_NAMES, GEMMA2_DEFAULTS, gemma2Keys, gemmaDecoder } from "../blocks/gemma.ts";
import { defineFamily } from "../family.ts";
import { slidingLayers, withSlidingLayers } from "../layers/layer-types.ts";
import { rotaryOf } from "../rotary/rope.ts";

export const vaultGemma = defineFamily({
  name: "vaultgemma",
  className: "VaultGemma",
  languageModel: "ForCausalLM",
  keys: gemma2Keys(46, 2),
  defaults: { ...GEMMA2_DEFAULTS, scoreCap: 50, logitCap: 30 },
  tensors: {
    prefix: "model.",
    huggingFace: {
      ...GEMMA_NAMES,
      "blocks.*.mlp_norm": [{ module: "layers.*.pre_feedforward_layernorm", less: 1 }],
    },
    gguf: {},
  },
  decoder(values, stored) {
    const decoder = gemmaDecoder(values, stored, {
      family: "vaultgemma",
      multipliers: { scores: values.scores ** -0.5 },
      softCaps: { scores: values.scoreCap, logits: values.logitCap },
    });
    const rotary = rotaryOf(stored, values.headDim ?? GEMMA2_DEFAULTS.headDim);
    const slides = slidingLayers(values.slidingLayers, values.nLayer, stored);
    return withSlidingLayers(decoder, slides, values.window, { full: rotary, sliding: rotary });
  },
});
