/**
 * Qwen3-Next (Qwen 2025) and Qwen3.5 with experts: gated DeltaNet, attention in some layers, mixtures in all.
 */

import type { DecoderConfig, LayerConfig } from "../../model/config.ts";
import {
  DELTA_NET_DEFAULTS,
  DELTA_NET_GGUF_NAMES,
  DELTA_NET_KEYS,
  DELTA_NET_NAMES,
  deltaNetDecoder,
  deltaNetOf,
  ggufLacksSizes,
  ROPE_SECTIONS,
} from "../blocks/delta-net.ts";
import type { RowOrder } from "../description.ts";
import { defineFamily } from "../family.ts";
import type { ValuesOf } from "../keys.ts";
import { DENSE_INNER, ggufLacksDenseLayers, mixtureIn } from "../layers/expert-keys.ts";
import { GGUF_EXPERT_NAMES, QWEN_EXPERT_NAMES } from "../layers/expert-names.ts";
import { SOFTMAX_OF_CHOSEN, SOFTMAX_ROUTING, withExperts } from "../layers/experts.ts";
import type { StoredConfig } from "../stored-config.ts";
import { QWEN_SHARED_NAMES, SHARED_INNER } from "./qwen2-moe.ts";
import { QWEN35_GGUF_NAMES, QWEN35_NAMES } from "./qwen3-5.ts";
import { QWEN_EXPERT_KEYS } from "./qwen3-moe.ts";

const KEYS = {
  ...DELTA_NET_KEYS,
  ...QWEN_EXPERT_KEYS,
  normalizes: { ...QWEN_EXPERT_KEYS.normalizes, gguf: () => true },
  nInner: DENSE_INNER,
  nSharedInner: SHARED_INNER,
};

const DEFAULTS = {
  ...DELTA_NET_DEFAULTS,
  nEmbd: 2048,
  nHead: 16,
  nKvHead: 2,
  nInner: 5632,
  nValueHead: 32,
  nExperts: 512,
  nActive: 10,
  nExpertInner: 512,
  nSharedInner: 512,
  normalizes: true,
} as const;

function mixtureDecoder(
  decoder: DecoderConfig,
  values: ValuesOf<typeof KEYS>,
  stored: StoredConfig,
): DecoderConfig {
  const { activation } = values;
  const mixture = {
    nInner: values.nExpertInner,
    activation,
    gated: true,
    bias: false,
    routing: values.normalizes ? SOFTMAX_OF_CHOSEN : SOFTMAX_ROUTING,
    shared: { nInner: values.nSharedInner, activation, gated: true, bias: false, gate: true },
  };
  return withExperts(decoder, values, stored, mixture, (layer) => !values.denseLayers.includes(layer));
}

const ggufLacks = (config: DecoderConfig): string | undefined =>
  mixtureIn(config)?.routing.normalize === undefined
    ? "weights of experts that are not divided by their sum"
    : (ggufLacksSizes(config) ?? ggufLacksDenseLayers(config));

/** Rows by key head: its query and key, and the values and gates of its value heads. */
const byKeyHead = (layer: LayerConfig): RowOrder => {
  const { nKeyHead, nValueHead, keyDim, valueDim } = deltaNetOf(layer);
  const values = (nValueHead / nKeyHead) * valueDim;
  const parts = [keyDim, keyDim, values, values];
  return { block: 2 * nKeyHead * (keyDim + values), groups: nKeyHead, parts };
};

/** The same for the steps and the decays of the value heads. */
const stepsByKeyHead = (layer: LayerConfig): RowOrder => {
  const { nKeyHead, nValueHead } = deltaNetOf(layer);
  const heads = nValueHead / nKeyHead;
  return { block: 2 * nValueHead, groups: nKeyHead, parts: [heads, heads] };
};

const SHARED_GATE = {
  "blocks.*.mlp.shared_gate": [{ module: "blk.*.ffn_gate_inp_shexp", layout: "row" }],
} as const;

export const qwen3Next = defineFamily({
  name: "qwen3_next",
  className: "Qwen3Next",
  languageModel: "ForCausalLM",
  tokenizerClass: "Qwen2Tokenizer",
  architecture: "qwen3next",
  keys: KEYS,
  defaults: { ...DEFAULTS, vocabSize: 151936, nLayer: 48 },
  tensors: {
    prefix: "model.",
    huggingFace: {
      ...DELTA_NET_NAMES,
      ...QWEN_EXPERT_NAMES,
      ...QWEN_SHARED_NAMES,
      "blocks.*.delta_net.input": [{ module: "layers.*.linear_attn.in_proj_qkvz", rows: byKeyHead }],
      "blocks.*.delta_net.steps": [{ module: "layers.*.linear_attn.in_proj_ba", rows: stepsByKeyHead }],
    },
    gguf: {
      ...DELTA_NET_GGUF_NAMES,
      ...GGUF_EXPERT_NAMES,
      ...SHARED_GATE,
      "blocks.*.delta_net.steps": [{ module: "blk.*.ssm_ba", rows: stepsByKeyHead }],
    },
  },
  decoder: (values, stored) =>
    mixtureDecoder(deltaNetDecoder("qwen3_next", values, stored, "grouped"), values, stored),
  ggufLacks,
});

const { normalizes: _, ...QWEN35_KEYS } = KEYS;

export const qwen35Moe = defineFamily({
  name: "qwen3_5_moe_text",
  className: "Qwen3_5Moe",
  languageModel: "ForCausalLM",
  tokenizerClass: "Qwen2Tokenizer",
  architecture: "qwen35moe",
  keys: { ...QWEN35_KEYS, sections: ROPE_SECTIONS },
  defaults: { ...DEFAULTS, vocabSize: 248320, nLayer: 40, nExperts: 256, nActive: 8 },
  constants: { attn_output_gate: true },
  tensors: {
    prefix: "model.",
    huggingFace: {
      ...QWEN35_NAMES,
      ...QWEN_EXPERT_NAMES,
      ...QWEN_SHARED_NAMES,
      "blocks.*.mlp.experts.up": [{ module: "layers.*.mlp.experts.gate_up_proj", bare: true }],
      "blocks.*.mlp.experts.down": [{ module: "layers.*.mlp.experts.down_proj", bare: true }],
    },
    gguf: { ...QWEN35_GGUF_NAMES, ...GGUF_EXPERT_NAMES, ...SHARED_GATE },
  },
  decoder(values, stored) {
    const sharing = stored.format === "gguf" ? "tiled" : "grouped";
    const decoder = deltaNetDecoder("qwen3_5_moe_text", values, stored, sharing);
    return mixtureDecoder(decoder, { ...values, normalizes: true }, stored);
  },
  ggufLacks,
});
