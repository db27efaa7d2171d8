/** SmolLM3 (Bakouch et al. 2025): the block of Llama, in which every fourth layer does not rotate its heads. */
import type { DecoderConfig } from "../../model/config.ts";
import { defineFamily } from "../family.ts";
import { LIMITS } from "../fields.ts";
import { type Kind, key } from "../keys.ts";
import type { StoredConfig } from "../stored-config.ts";
import { withAttention } from "../uniform.ts";
import { llama } from "./llama.ts";
import { BIAS_KEYS, BLOCK_DEFAULTS, BLOCK_KEYS, biasesOf, LLAMA_NAMES, llamaDecoder } from "./llama-block.ts";

/** GGUF has no key for the layers without rotation: llama.cpp takes every fourth. */
const GGUF_INTERVAL = 4;

/** 1 for each layer that rotates, 0 for the others; or one number, whose multiples are the others. */
type RotatedLayers = readonly (0 | 1)[] | number;

const rotated = ({ layers }: DecoderConfig): (0 | 1)[] =>
  layers.map(({ mixer }) => (mixer.kind === "attention" && mixer.position.kind === "none" ? 0 : 1));

const byInterval = (nLayer: number, interval: number): (0 | 1)[] =>
  Array.from({ length: nLayer }, (_, i) => ((i + 1) % interval === 0 ? 0 : 1));

const rotatedLayers: Kind<RotatedLayers> = {
  read: ({ fields }, name) => {
    const list = fields.list(name);
    if (list.length === 0) return fields.count("no_rope_layer_interval", LIMITS.layers, GGUF_INTERVAL);
    if (list.every((flag): flag is 0 | 1 => flag === 0 || flag === 1)) return list;
    throw fields.wrong(name, "expected a list of 0 and 1");
  },
  json: (layers) => (typeof layers === "number" ? null : [...layers]),
  gguf: () => undefined,
};

export const smolLm3 = defineFamily({
  name: "smollm3",
  className: "SmolLM3",
  languageModel: "ForCausalLM",
  architecture: "smollm3",
  keys: {
    ...BLOCK_KEYS,
    ...BIAS_KEYS,
    rotatedLayers: key({
      json: "no_rope_layers",
      gguf: () => GGUF_INTERVAL,
      kind: rotatedLayers,
      of: rotated,
    }),
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
      layersOf(values.rotatedLayers, values.nLayer, stored),
      (attention, isRotated) => (isRotated === 1 ? attention : { ...attention, position: { kind: "none" } }),
    );
  },
  ggufLacks: (config) =>
    String(rotated(config)) === String(byInterval(config.layers.length, GGUF_INTERVAL))
      ? undefined
      : "other layers without rotation than every fourth",
});

function layersOf(layers: RotatedLayers, nLayer: number, stored: StoredConfig): readonly (0 | 1)[] {
  if (typeof layers === "number") return byInterval(nLayer, layers);
  if (layers.length === nLayer) return layers;
  throw stored.wrong("rotatedLayers", `expected ${nLayer} of them, one for each layer`);
}
