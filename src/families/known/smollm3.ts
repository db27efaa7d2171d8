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
import { ggufLacksRotatedLayers, ROTATED_LAYERS, rotatedLayersOf } from "../layers/rotated-layers.ts";
import { withAttention } from "../layers/uniform.ts";
import { llama } from "./llama.ts";

export const smolLm3 = defineFamily({
  name: "smollm3",
  className: "SmolLM3",
  languageModel: "ForCausalLM",
  architecture: "smollm3",
  keys: {
    ...BLOCK_KEYS,
    ...BIAS_KEYS,
    rotatedLayers: ROTATED_LAYERS,
  },
  defaults: {
    ...BLOCK_DEFAULTS,
    vocabSize: 128256,
    nLayer: 36,
    nEmbd: 2048,
    nHead: 16,
    nKvHead: 4,
    nInner: 11008,
    nPositions: 32768,
    tied: true,
  },
  tensors: { prefix: "model.", huggingFace: LLAMA_NAMES, gguf: llama.tensors.gguf },
  decoder(values, stored) {
    if (stored.format === "huggingface") stored.fields.require("use_sliding_window", [false]);
    const decoder = llamaDecoder(values, stored, { family: "smollm3", theta: 2e6, ...biasesOf(values) });
    return withAttention(
      decoder,
      rotatedLayersOf(values.rotatedLayers, values.nLayer, stored),
      (attention, isRotated) => (isRotated === 1 ? attention : { ...attention, position: { kind: "none" } }),
    );
  },
  ggufLacks: ggufLacksRotatedLayers,
});
