/**
 * EXAONE 4 (LG AI Research 2025): norms after the sublayers, norms of queries and keys. In the large model
 * three of four layers have a window, and the fourth sees all and does not rotate.
 */
import { attentionOf } from "../../model/mixers.ts";
import { BIAS_KEYS, BLOCK_DEFAULTS, BLOCK_KEYS, biasesOf, llamaDecoder, rmsNorm } from "../blocks/llama.ts";
import { defineFamily } from "../family.ts";
import { GGUF_NAMES } from "../gguf-names.ts";
import { firstLayer, ggufOnly } from "../keys.ts";
import { SLIDING_WINDOW, slidingLayers, slidingLayersKey, withSlidingLayers } from "../layers/layer-types.ts";
import { OLMO_TENSORS } from "./olmo2.ts";

const { qkvBias, outputBias, mlpBias } = BIAS_KEYS;

export const exaone4 = defineFamily({
  name: "exaone4",
  className: "Exaone4",
  languageModel: "ForCausalLM",
  architecture: "exaone4",
  keys: {
    ...BLOCK_KEYS,
    qkvBias: ggufOnly(qkvBias),
    outputBias: ggufOnly(outputBias),
    mlpBias: ggufOnly(mlpBias),
    window: SLIDING_WINDOW,
    slidingLayers: slidingLayersKey(4),
  },
  defaults: {
    ...BLOCK_DEFAULTS,
    vocabSize: 102_400,
    nKvHead: 32,
    nInner: 16_384,
    nPositions: 2048,
    normEpsilon: 1e-5,
    window: 4096,
    qkvBias: false,
    outputBias: false,
    mlpBias: false,
  },
  tensors: { prefix: "model.", huggingFace: OLMO_TENSORS.huggingFace, gguf: GGUF_NAMES },
  decoder(values, stored) {
    const decoder = llamaDecoder(values, stored, {
      family: "exaone4",
      ...biasesOf(values),
      normPlacement: "after",
      qkNorm: { kind: "head", norm: rmsNorm(values.normEpsilon) },
    });
    const { position } = attentionOf(firstLayer(decoder));
    if (values.window === undefined) return decoder;
    const slides = slidingLayers(values.slidingLayers, values.nLayer, stored);
    return withSlidingLayers(decoder, slides, values.window, { full: { kind: "none" }, sliding: position });
  },
});
