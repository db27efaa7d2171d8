/**
 * SmolLM3 (Bakouch et al. 2025): the block of Llama, in which every fourth layer does not rotate its heads.
 */

import {
  BIAS_KEYS,
  BLOCK_DEFAULTS,
  BLOCK_KEYS,
  biasesOf,
  LLAMA_NAMES,
  llamaDecoder,
} from "../blocks/llama.ts";
import { defineFamily } from "../family.ts";
import { flag, key } from "../keys.ts";
import {
  hasWindow,
  maskOf,
  ofWindow,
  SLIDING_WINDOW,
  slidingLayers,
  slidingLayersKey,
  windowFields,
} from "../layers/layer-types.ts";
import {
  ggufLacksRotatedLayers,
  ROTATED_LAYERS,
  rotatedLayersIn,
  rotatedLayersOf,
} from "../layers/rotated-layers.ts";
import { withAttention } from "../layers/uniform.ts";
import type { StoredConfig } from "../stored-config.ts";
import { llama } from "./llama.ts";

const LAYERS = 36;

export const smolLm3 = defineFamily({
  name: "smollm3",
  className: "SmolLM3",
  languageModel: "ForCausalLM",
  usualIds: [128000, 128001],
  architecture: "smollm3",
  keys: {
    ...BLOCK_KEYS,
    ...BIAS_KEYS,
    rotatedLayers: ROTATED_LAYERS,
    window: SLIDING_WINDOW,
    slidingLayers: ofWindow(slidingLayersKey(layersWithoutRotation)),
    usesWindow: ofWindow(key({ json: "use_sliding_window", kind: flag, of: hasWindow })),
  },
  defaults: {
    ...BLOCK_DEFAULTS,
    vocabSize: 128256,
    nLayer: LAYERS,
    nEmbd: 2048,
    nHead: 16,
    nKvHead: 4,
    nInner: 11008,
    nPositions: 32768,
    tied: true,
    usesWindow: false,
    window: undefined,
  },
  tensors: { prefix: "model.", huggingFace: LLAMA_NAMES, gguf: llama.tensors.gguf },
  decoder(values, stored) {
    const { nLayer, usesWindow, window } = values;
    const differences = { family: "smollm3", theta: 2e6, ...biasesOf(values) };
    const decoder = llamaDecoder({ ...values, window: undefined }, stored, differences);
    const rotated = rotatedLayersOf(values.rotatedLayers, nLayer, stored);
    const slides = slidingLayers(values.slidingLayers, nLayer, stored);
    const kinds = rotated.map((isRotated, i) => 2 * isRotated + Number(usesWindow && slides[i]));
    return withAttention(decoder, kinds, (attention, kind) => ({
      ...attention,
      mask: maskOf(kind % 2 === 1, window),
      ...(kind < 2 && { position: { kind: "none" } }),
    }));
  },
  ggufLacks: (config) => (hasWindow(config) ? "a smollm3 with a window" : ggufLacksRotatedLayers(config)),
});

/** Without a list of layers those without rotation have the window, if it is used; in GGUF none. */
function layersWithoutRotation(stored: StoredConfig): readonly boolean[] {
  const { nLayer, isUsed } = windowFields(stored, LAYERS);
  const rotated = rotatedLayersOf(rotatedLayersIn(stored), nLayer, stored);
  return rotated.map((isRotated) => isUsed && isRotated === 0);
}
