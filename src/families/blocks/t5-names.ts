/** Tensors of T5 in both formats. */
import type { LayerConfig } from "../../model/config.ts";
import type { NameTable, StoredModules } from "../stored-names.ts";

const isGated = ({ mlp }: LayerConfig): boolean => mlp.gated;

/** Names of the layers of a side. @param mlp number of the sublayer that is the MLP */
function sideOfDirectory(side: "encoder" | "decoder", canonical: string, mlp: number): NameTable {
  const block = `${side}.block.*.layer`;
  const attention = `${block}.0.SelfAttention`;
  const dense = `${block}.${mlp}.DenseReluDense`;
  const up = (layer: LayerConfig): StoredModules =>
    isGated(layer) ? [`${dense}.wi_0`, `${dense}.wi_1`] : [`${dense}.wi`];
  return {
    [`${canonical}relative_bias`]: [`${side}.block.0.layer.0.SelfAttention.relative_attention_bias`],
    [`${canonical}blocks.*.attention.relative_bias`]: [`${attention}.relative_attention_bias`],
    [`${canonical}blocks.*.attention_norm`]: [`${block}.0.layer_norm`],
    [`${canonical}blocks.*.attention.qkv`]: [`${attention}.q`, `${attention}.k`, `${attention}.v`],
    [`${canonical}blocks.*.attention.output`]: [`${attention}.o`],
    [`${canonical}blocks.*.mlp_norm`]: [`${block}.${mlp}.layer_norm`],
    [`${canonical}blocks.*.mlp.up`]: up,
    [`${canonical}blocks.*.mlp.down`]: [`${dense}.wo`],
    [`${canonical}final_norm`]: [`${side}.final_layer_norm`],
  };
}

function sideOfGguf(side: "enc" | "dec", canonical: string): NameTable {
  const block = `${side}.blk.*`;
  const up = (layer: LayerConfig): StoredModules =>
    isGated(layer) ? [`${block}.ffn_gate`, `${block}.ffn_up`] : [`${block}.ffn_up`];
  return {
    [`${canonical}relative_bias`]: [`${side}.blk.0.attn_rel_b`],
    [`${canonical}blocks.*.attention.relative_bias`]: [`${block}.attn_rel_b`],
    [`${canonical}blocks.*.attention_norm`]: [`${block}.attn_norm`],
    [`${canonical}blocks.*.attention.qkv`]: [`${block}.attn_q`, `${block}.attn_k`, `${block}.attn_v`],
    [`${canonical}blocks.*.attention.output`]: [`${block}.attn_o`],
    [`${canonical}blocks.*.mlp_norm`]: [`${block}.ffn_norm`],
    [`${canonical}blocks.*.mlp.up`]: up,
    [`${canonical}blocks.*.mlp.down`]: [`${block}.ffn_down`],
    [`${canonical}final_norm`]: [`${side}.output_norm`],
  };
}

const CROSS = "decoder.block.*.layer.1.EncDecAttention";

export const T5_NAMES: NameTable = {
  token_embedding: ["shared"],
  ...sideOfDirectory("encoder", "encoder.", 1),
  ...sideOfDirectory("decoder", "", 2),
  "blocks.*.cross_norm": ["decoder.block.*.layer.1.layer_norm"],
  "blocks.*.cross.query": [`${CROSS}.q`],
  "blocks.*.cross.keys_values": [`${CROSS}.k`, `${CROSS}.v`],
  "blocks.*.cross.output": [`${CROSS}.o`],
  head: ["lm_head"],
};

export const T5_GGUF_NAMES: NameTable = {
  token_embedding: ["token_embd"],
  ...sideOfGguf("enc", "encoder."),
  ...sideOfGguf("dec", ""),
  "blocks.*.cross_norm": ["dec.blk.*.cross_attn_norm"],
  "blocks.*.cross.query": ["dec.blk.*.cross_attn_q"],
  "blocks.*.cross.keys_values": ["dec.blk.*.cross_attn_k", "dec.blk.*.cross_attn_v"],
  "blocks.*.cross.output": ["dec.blk.*.cross_attn_o"],
  head: ["output"],
};
