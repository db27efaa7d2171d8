/** Tensors of mixtures of experts in both formats. */
import type { StoredTensor } from "../../checkpoint/checkpoint.ts";
import type { NameTable } from "../stored-names.ts";

/** Experts as Qwen names them. */
export const QWEN_EXPERT_NAMES: NameTable = {
  "blocks.*.mlp.router": ["layers.*.mlp.gate"],
  "blocks.*.mlp.experts.up": ["layers.*.mlp.experts.#.gate_proj", "layers.*.mlp.experts.#.up_proj"],
  "blocks.*.mlp.experts.down": ["layers.*.mlp.experts.#.down_proj"],
};

/**
 * The table of a family for a directory that has a tensor for each expert though the family has one for all:
 * transformers writes the text part of Qwen3.5 so.
 */
export const directoryNames = (tensors: ReadonlyMap<string, StoredTensor>, table: NameTable): NameTable => {
  const [up] = Object.values(table["blocks.*.mlp.experts.up"] ?? []);
  const isStack = typeof up === "object" && up.bare === true;
  const hasSingle = [...tensors.keys()].some((name) => name.endsWith(".mlp.experts.0.gate_proj.weight"));
  return isStack && hasSingle ? { ...table, ...QWEN_EXPERT_NAMES } : table;
};

/** Experts as DeepSeek and GLM name them. */
export const DEEPSEEK_EXPERT_NAMES: NameTable = {
  ...QWEN_EXPERT_NAMES,
  "blocks.*.mlp.router_correction": [{ module: "layers.*.mlp.gate.e_score_correction", bare: true }],
  "blocks.*.mlp.shared.up": ["layers.*.mlp.shared_experts.gate_proj", "layers.*.mlp.shared_experts.up_proj"],
  "blocks.*.mlp.shared.down": ["layers.*.mlp.shared_experts.down_proj"],
};

/** Tensors of mixtures as llama.cpp names them: a tensor holds a matrix of all experts. */
export const GGUF_EXPERT_NAMES: NameTable = {
  "blocks.*.mlp.router": ["blk.*.ffn_gate_inp"],
  "blocks.*.mlp.router_correction": ["blk.*.exp_probs_b"],
  "blocks.*.mlp.experts.up": ["blk.*.ffn_gate_exps", "blk.*.ffn_up_exps"],
  "blocks.*.mlp.experts.down": ["blk.*.ffn_down_exps"],
  "blocks.*.mlp.shared.up": ["blk.*.ffn_gate_shexp", "blk.*.ffn_up_shexp"],
  "blocks.*.mlp.shared.down": ["blk.*.ffn_down_shexp"],
  "blocks.*.mlp.shared_gate": ["blk.*.ffn_gate_inp_shexp"],
};
