/** Tensors of latent attention with mixtures of experts, in both formats. */
import type { LatentConfig } from "../../model/attention/latent-config.ts";
import type { LayerConfig } from "../../model/config.ts";
import { attentionOf } from "../../model/mixers.ts";
import type { RowOrder } from "../description.ts";
import { GGUF_NAMES } from "../gguf-names.ts";
import { DEEPSEEK_EXPERT_NAMES, GGUF_EXPERT_NAMES } from "../layers/expert-names.ts";
import { type NameTable, rowsOfHeads } from "../stored-names.ts";
import { LLAMA_NAMES } from "./llama.ts";

/** Files with halves have the first dimension of each pair, then the second ones. */
const inHalves = ({ inHalves, rotated }: LatentConfig, before: number): RowOrder | undefined =>
  inHalves && {
    first: before,
    block: before + rotated,
    groups: 2,
    parts: Array<number>(rotated / 2).fill(1),
  };

const queryRows = (layer: LayerConfig): RowOrder | undefined => {
  const { latent, headDim } = attentionOf(layer);
  return latent && inHalves(latent, headDim - latent.rotated);
};

const latentRows = (layer: LayerConfig): RowOrder | undefined => {
  const { latent } = attentionOf(layer);
  return latent && inHalves(latent, latent.rank);
};

export const LATENT_NAMES: NameTable = {
  ...LLAMA_NAMES,
  ...DEEPSEEK_EXPERT_NAMES,
  "blocks.*.attention.query_down": ["layers.*.self_attn.q_a_proj"],
  "blocks.*.attention.query_down_norm": ["layers.*.self_attn.q_a_layernorm"],
  "blocks.*.attention.query": ({ mixer }) =>
    mixer.kind === "attention" && mixer.latent?.queryRank === undefined
      ? [{ module: "layers.*.self_attn.q_proj", rows: queryRows }]
      : [{ module: "layers.*.self_attn.q_b_proj", rows: queryRows }],
  "blocks.*.attention.latent": [{ module: "layers.*.self_attn.kv_a_proj_with_mqa", rows: latentRows }],
  "blocks.*.attention.latent_norm": ["layers.*.self_attn.kv_a_layernorm"],
  ...rowsOfHeads("layers.*.self_attn.kv_b_proj"),
};

export const GGUF_LATENT_NAMES: NameTable = {
  ...GGUF_NAMES,
  ...GGUF_EXPERT_NAMES,
  "blocks.*.attention.query_down": ["blk.*.attn_q_a"],
  "blocks.*.attention.query_down_norm": ["blk.*.attn_q_a_norm"],
  "blocks.*.attention.query": ({ mixer }) =>
    mixer.kind === "attention" && mixer.latent?.queryRank === undefined
      ? ["blk.*.attn_q"]
      : ["blk.*.attn_q_b"],
  "blocks.*.attention.latent": ["blk.*.attn_kv_a_mqa"],
  "blocks.*.attention.latent_norm": ["blk.*.attn_kv_a_norm"],
  "blocks.*.attention.keys_of_heads": [{ module: "blk.*.attn_k_b", ofHead: "slice" }],
  "blocks.*.attention.values_of_heads": [{ module: "blk.*.attn_v_b", ofHead: "slice" }],
};
