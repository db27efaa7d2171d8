/** Tensor names of llama.cpp (gguf-py/gguf/constants.py). Families differ in what they stack and reorder. */
import type { StoredTensor } from "../checkpoint/checkpoint.ts";
import { type NameTable, rowsOfHeads } from "./stored-names.ts";

export const GGUF_NAMES: NameTable = {
  token_embedding: ["token_embd"],
  position_embedding: ["position_embd"],
  "blocks.*.attention_norm": ["blk.*.attn_norm"],
  "blocks.*.attention.qkv": ["blk.*.attn_q", "blk.*.attn_k", "blk.*.attn_v"],
  "blocks.*.attention.query_norm": ["blk.*.attn_q_norm"],
  "blocks.*.attention.key_norm": ["blk.*.attn_k_norm"],
  "blocks.*.attention.output": ["blk.*.attn_output"],
  "blocks.*.attention_output_norm": ["blk.*.post_attention_norm"],
  "blocks.*.mlp_norm": ["blk.*.ffn_norm"],
  "blocks.*.mlp.up": ["blk.*.ffn_gate", "blk.*.ffn_up"],
  "blocks.*.mlp.down": ["blk.*.ffn_down"],
  "blocks.*.mlp_output_norm": ["blk.*.post_ffw_norm"],
  final_norm: ["output_norm"],
  head: ["output"],
};

const HEADS = "blocks.*.attention.qkv";

/** The first files of Mixtral have a tensor for each expert. */
const SINGLE_EXPERTS: NameTable = {
  "blocks.*.mlp.experts.up": ["blk.*.ffn_gate.#", "blk.*.ffn_up.#"],
  "blocks.*.mlp.experts.down": ["blk.*.ffn_down.#"],
};

/**
 * The table of a family for a file that has queries, keys and values in one tensor though the family has
 * three, such as the first files of Phi-2, or gate and up of the experts, or the keys and values of the heads
 * of latent attention. llama.cpp reads both.
 */
export function namesIn(tensors: ReadonlyMap<string, StoredTensor>, table: NameTable): NameTable {
  const modules = table[HEADS];
  const isPlain = Array.isArray(modules) && modules.every((entry) => typeof entry === "string");
  const isFused =
    tensors.has("blk.0.attn_qkv.weight") &&
    ![...tensors.keys()].some((name) => name.endsWith(".attn_q.weight"));
  const isWhole = tensors.has("blk.0.attn_kv_b.weight") && !tensors.has("blk.0.attn_k_b.weight");
  const hasStacks = [...tensors.keys()].some((name) => name.endsWith(".ffn_gate_up_exps.weight"));
  return {
    ...table,
    ...(isPlain && isFused && { [HEADS]: ["blk.*.attn_qkv"] }),
    ...(isWhole && rowsOfHeads("blk.*.attn_kv_b")),
    ...(tensors.has("blk.0.ffn_gate.0.weight") && SINGLE_EXPERTS),
    ...(hasStacks && { "blocks.*.mlp.experts.up": ["blk.*.ffn_gate_up_exps"] }),
  };
}
