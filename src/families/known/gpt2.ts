/** GPT-2 (Radford et al. 2019), and models that differ from it in size only, such as Cerebras-GPT. */

import type { DecoderConfig } from "../../model/config.ts";
import { GPT_ALIASES, GPT_BLOCK_NAMES, GPT_DEFAULTS, GPT_KEYS, gptDecoder } from "../blocks/gpt.ts";
import { activationKey } from "../blocks/layer-norm.ts";
import { defineFamily } from "../family.ts";
import { GGUF_NAMES } from "../gguf-names.ts";
import { choice, flag, key } from "../keys.ts";
import { BANDED_KEYS, bandedMasks } from "../layers/banded-layers.ts";
import { HEAD_KEYS, lacksHeads } from "../layers/pruned-heads.ts";
import { withAttention } from "../layers/uniform.ts";

/** `sinusoidal` is an extension of this project: the fixed table instead of `wpe`. */
const positions = key<"learned" | "sinusoidal">({
  json({ fields }) {
    const name = fields.has("position_embeddings") ? "position_embeddings" : "position_embedding_type";
    const kind = fields.text(name, "learned");
    if (kind === "learned" || kind === "absolute") return "learned";
    if (kind === "sinusoidal") return kind;
    throw fields.wrong(name, 'expected "learned" or "sinusoidal"');
  },
  kind: choice(
    new Map([
      ["learned", "learned"],
      ["sinusoidal", "sinusoidal"],
    ] as const),
    "learned",
  ),
  of: () => undefined,
});

const scaleOf = ({ layers }: DecoderConfig, layer: number): number | undefined => {
  const mixer = layers[layer]?.mixer;
  return mixer?.kind === "attention" ? mixer.scale : undefined;
};

/** Whether scores are divided by the root of the size of a head, and by the number of the layer (Mistral). */
const SCORE_KEYS = {
  scalesScores: key({
    json: "scale_attn_weights",
    kind: flag,
    of: (config) => scaleOf(config, 0) !== 1,
  }),
  scalesByLayer: key({
    json: "scale_attn_by_inverse_layer_idx",
    kind: flag,
    of: (config) => (scaleOf(config, 1) ?? 0) < (scaleOf(config, 0) ?? 0),
  }),
};

export const gpt2 = defineFamily({
  name: "gpt2",
  className: "GPT2",
  languageModel: "LMHeadModel",
  tokenizerClass: "GPT2Tokenizer",
  architecture: "gpt2",
  signature: ["n_embd", "n_layer", "n_head"],
  aliases: GPT_ALIASES,
  keys: {
    ...GPT_KEYS,
    ...HEAD_KEYS,
    ...BANDED_KEYS,
    ...SCORE_KEYS,
    activation: activationKey("activation_function", "gelu_tanh"),
    positions,
  },
  defaults: {
    ...GPT_DEFAULTS,
    vocabSize: 50257,
    nPositions: 1024,
    bandWidth: 256,
    positions: "learned",
    prunedHeads: {},
    scalesScores: true,
    scalesByLayer: false,
  },
  usualIds: [50256],
  tensors: {
    prefix: "transformer.",
    huggingFace: {
      ...GPT_BLOCK_NAMES,
      token_embedding: ["wte"],
      position_embedding: ["wpe"],
      "blocks.*.attention_norm": ["h.*.ln_1"],
      "blocks.*.mlp_norm": ["h.*.ln_2"],
      final_norm: ["ln_f"],
    },
    gguf: {
      ...GGUF_NAMES,
      "blocks.*.attention.qkv": ["blk.*.attn_qkv"],
      "blocks.*.mlp.up": ["blk.*.ffn_up"],
    },
  },
  decoder(values, stored) {
    if (stored.format === "huggingface") stored.fields.require("add_cross_attention", [false]);
    const { positions, bandedLayers, scalesScores = true, scalesByLayer } = values;
    const position = { kind: positions } as const;
    const decoder = gptDecoder(values, stored, { family: "gpt2", normPlacement: "before", position });
    const masks = bandedLayers && bandedMasks(values, stored);
    if (!scalesByLayer && scalesScores) {
      return masks ? withAttention(decoder, masks, (attention, mask) => ({ ...attention, mask })) : decoder;
    }
    const layers = decoder.layers.map((_, i) => (scalesByLayer || masks ? i : 0));
    return withAttention(decoder, layers, (attention, i) => ({
      ...attention,
      mask: masks?.[i] ?? attention.mask,
      scale: (scalesScores ? attention.scale : 1) / (scalesByLayer ? i + 1 : 1),
    }));
  },
  /**
   * llama.cpp computes the tanh form of GELU. Files written here name the exact form, which is close to it.
   */
  ggufLacks(config) {
    const { embedding, layers } = config;
    const [layer] = layers;
    if (lacksHeads(config)) return "a gpt2 without some of its heads";
    if (embedding.positions === "sinusoidal") return "sinusoidal positions";
    if (scaleOf(config, 0) === 1) return "a gpt2 whose scores are not scaled";
    if (new Set(layers).size > 1) return "a gpt2 with banded layers, or with scores scaled by layer";
    return layer?.mlp.activation === "silu" ? "a gpt2 with SiLU" : undefined;
  },
});
