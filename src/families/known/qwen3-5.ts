/** Qwen3.5 (Qwen 2026): the block of Qwen3-Next with dense feed-forward layers. */
import type { LayerConfig } from "../../model/config.ts";
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
import type { NameTable } from "../stored-names.ts";

export const QWEN35_NAMES: NameTable = {
  ...DELTA_NET_NAMES,
  "blocks.*.delta_net.input": ["layers.*.linear_attn.in_proj_qkv", "layers.*.linear_attn.in_proj_z"],
  "blocks.*.delta_net.steps": ["layers.*.linear_attn.in_proj_b", "layers.*.linear_attn.in_proj_a"],
};

/**
 * GGUF has the first value head of every key head, then the second ones. A model that is read from there
 * keeps this order; it is made when another is written.
 *
 * @param width rows of a value head
 */
const tiled =
  (width: (valueDim: number) => number, behind: (layer: LayerConfig) => number = () => 0) =>
  (layer: LayerConfig): RowOrder | undefined => {
    const { nKeyHead, nValueHead, valueDim, sharing } = deltaNetOf(layer);
    if (sharing === "tiled" || nKeyHead === nValueHead) return undefined;
    const [first, parts] = [behind(layer), Array<number>(nKeyHead).fill(width(valueDim))];
    return { first, block: first + nValueHead * width(valueDim), groups: nValueHead / nKeyHead, parts };
  };
const whole = (valueDim: number) => valueDim;
const single = () => 1;
const behindKeys = (layer: LayerConfig) => {
  const { nKeyHead, keyDim } = deltaNetOf(layer);
  return 2 * nKeyHead * keyDim;
};

export const QWEN35_GGUF_NAMES: NameTable = {
  ...DELTA_NET_GGUF_NAMES,
  "blocks.*.delta_net.input": [
    { module: "blk.*.attn_qkv", rows: tiled(whole, behindKeys) },
    { module: "blk.*.attn_gate", rows: tiled(whole) },
  ],
  "blocks.*.delta_net.steps": [
    { module: "blk.*.ssm_beta", rows: tiled(single) },
    { module: "blk.*.ssm_alpha", rows: tiled(single) },
  ],
  "blocks.*.delta_net.convolution": [{ module: "blk.*.ssm_conv1d", rows: tiled(whole, behindKeys) }],
  "blocks.*.delta_net.step": [{ module: "blk.*.ssm_dt", rows: tiled(single) }],
  "blocks.*.delta_net.rate": [{ module: "blk.*.ssm_a", bare: true, rows: tiled(single) }],
  "blocks.*.delta_net.output": [{ module: "blk.*.ssm_out", columns: tiled(whole) }],
};

export const qwen35 = defineFamily({
  name: "qwen3_5_text",
  className: "Qwen3_5",
  languageModel: "ForCausalLM",
  tokenizerClass: "Qwen2Tokenizer",
  architecture: "qwen35",
  keys: { ...DELTA_NET_KEYS, sections: ROPE_SECTIONS },
  defaults: {
    ...DELTA_NET_DEFAULTS,
    vocabSize: 248320,
    nHead: 16,
    nInner: 12288,
    nValueHead: 32,
  },
  constants: { attn_output_gate: true },
  tensors: { prefix: "model.", huggingFace: QWEN35_NAMES, gguf: QWEN35_GGUF_NAMES },
  decoder: (values, stored) =>
    deltaNetDecoder("qwen3_5_text", values, stored, stored.format === "gguf" ? "tiled" : "grouped"),
  ggufLacks: ggufLacksSizes,
});
