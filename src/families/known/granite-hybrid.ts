/** Granite 4 (IBM 2025): Mamba 2, attention in some layers, and mixtures of experts in some models. */

import type { DecoderConfig } from "../../model/config.ts";
import { BLOCK_DEFAULTS, BLOCK_KEYS, LLAMA_NAMES, llamaDecoder, SILU_KEY } from "../blocks/llama.ts";
import { headsOfMamba, MAMBA_KEYS, mambaIn, mambaOf, someTensor } from "../blocks/mamba.ts";
import { defineFamily } from "../family.ts";
import { LIMITS } from "../fields.ts";
import { choice, count, firstAttention, firstLayer, flag, key, optionalCount } from "../keys.ts";
import { EXPERT_KEYS, mixtureIn } from "../layers/expert-keys.ts";
import { GGUF_EXPERT_NAMES } from "../layers/expert-names.ts";
import { SOFTMAX_OF_CHOSEN, withExperts } from "../layers/experts.ts";
import {
  areRecurrent,
  HYBRID_KV_HEADS,
  headsOf,
  recurrentLayers,
  recurrentLayersKey,
  withoutHeads,
} from "../layers/recurrent-layers.ts";
import { withAttention, withLayers } from "../layers/uniform.ts";
import type { NameTable } from "../stored-names.ts";
import { MULTIPLIER_KEYS } from "./granite.ts";
import { llama } from "./llama.ts";

/** The width of the feed-forward layer of all rows. */
const sharedInner = (config: DecoderConfig): number => {
  const { mlp } = firstLayer(config);
  return mlp.kind === "experts" ? (mlp.shared?.nInner ?? 0) : mlp.nInner;
};

const HUGGING_FACE: NameTable = {
  ...LLAMA_NAMES,
  "blocks.*.mamba.input": ["layers.*.mamba.in_proj"],
  "blocks.*.mamba.convolution": [{ module: "layers.*.mamba.conv1d", layout: "convolution" }],
  "blocks.*.mamba.step": [{ module: "layers.*.mamba.dt", bare: true }],
  "blocks.*.mamba.rate": [{ module: "layers.*.mamba.A_log", bare: true, logarithm: true }],
  "blocks.*.mamba.skip": [{ module: "layers.*.mamba.D", bare: true }],
  "blocks.*.mamba.norm": ["layers.*.mamba.norm"],
  "blocks.*.mamba.output": ["layers.*.mamba.out_proj"],
  "blocks.*.mlp.up": ["layers.*.shared_mlp.input_linear"],
  "blocks.*.mlp.down": ["layers.*.shared_mlp.output_linear"],
  "blocks.*.mlp.router": ["layers.*.block_sparse_moe.router.layer"],
  "blocks.*.mlp.experts.up": ["layers.*.block_sparse_moe.input_linear"],
  "blocks.*.mlp.experts.down": ["layers.*.block_sparse_moe.output_linear"],
  "blocks.*.mlp.shared.up": ["layers.*.shared_mlp.input_linear"],
  "blocks.*.mlp.shared.down": ["layers.*.shared_mlp.output_linear"],
};

const GGUF: NameTable = {
  ...llama.tensors.gguf,
  ...GGUF_EXPERT_NAMES,
  "blocks.*.mamba.input": ["blk.*.ssm_in"],
  "blocks.*.mamba.convolution": ["blk.*.ssm_conv1d"],
  "blocks.*.mamba.step": ["blk.*.ssm_dt"],
  "blocks.*.mamba.rate": [{ module: "blk.*.ssm_a", bare: true, vectorRows: headsOfMamba }],
  "blocks.*.mamba.skip": [{ module: "blk.*.ssm_d", bare: true, vectorRows: headsOfMamba }],
  "blocks.*.mamba.norm": [{ module: "blk.*.ssm_norm", vectorRows: () => 1 }],
  "blocks.*.mamba.output": ["blk.*.ssm_out"],
};

export const graniteHybrid = defineFamily({
  name: "granitemoehybrid",
  className: "GraniteMoeHybrid",
  languageModel: "ForCausalLM",
  architecture: "granitehybrid",
  keys: {
    ...BLOCK_KEYS,
    activation: SILU_KEY,
    ...MULTIPLIER_KEYS,
    ...MAMBA_KEYS,
    nKvHead: HYBRID_KV_HEADS,
    recurrent: recurrentLayersKey(
      { recurrent: ["mamba", "linear_attention"], attention: ["attention", "full_attention"] },
      () => LIMITS.layers + 1,
      withoutHeads,
    ),
    rotates: key({
      json: "position_embedding_type",
      gguf: ({ fields }) => (fields.flag("rope.scaling.finetuned", false) ? "rope" : "nope"),
      kind: choice(
        new Map([
          ["nope", "nope"],
          ["rope", "rope"],
        ] as const),
        "nope",
      ),
      of: (config) => (firstAttention(config).position.kind === "rotary" ? "rope" : "nope"),
    }),
    finetuned: key({
      gguf: "rope.scaling.finetuned",
      kind: flag,
      of: (config) => firstAttention(config).position.kind === "rotary",
    }),
    attentionBias: key({
      json: "attention_bias",
      gguf: someTensor(".attn_q.bias"),
      kind: flag,
      of: (config) => firstAttention(config).qkvBias,
    }),
    nExperts: key({
      ...EXPERT_KEYS.nExperts,
      kind: count(LIMITS.experts, 0),
      of: (config) => mixtureIn(config)?.count ?? 0,
    }),
    nActive: key({
      ...EXPERT_KEYS.nActive,
      kind: count(LIMITS.experts, 0),
      of: (config) => mixtureIn(config)?.active ?? 0,
    }),
    /** Of an expert; GGUF has that of the only layer here if there are no experts. */
    nInner: key({
      ...BLOCK_KEYS.nInner,
      of: (config) => mixtureIn(config)?.nInner ?? sharedInner(config),
    }),
    nSharedInner: key({
      json: "shared_intermediate_size",
      gguf: "expert_shared_feed_forward_length",
      kind: optionalCount(LIMITS.width),
      of: sharedInner,
    }),
  },
  defaults: {
    ...BLOCK_DEFAULTS,
    vocabSize: 32000,
    nInner: 11008,
    nSharedInner: 1024,
    nPositions: 2048,
    embedding: 1,
    scores: 1,
    branches: 1,
    logitsDivisor: 1,
    nMambaHead: 128,
    stateDim: 256,
    nGroup: 1,
    taps: 4,
    convolutionBias: true,
    mambaBias: false,
    attentionBias: false,
    rotates: "nope",
    nExperts: 0,
    nActive: 0,
  },
  tensors: { prefix: "model.", huggingFace: HUGGING_FACE, gguf: GGUF },
  decoder(all, stored) {
    const { embedding, scores, branches, logitsDivisor, attentionBias, nSharedInner, ...values } = all;
    const inner = nSharedInner ?? values.nInner;
    const shared = { nInner: inner, activation: values.activation, gated: true, bias: false };
    const heads = { ...values, nInner: inner, nKvHead: headsOf(values.nKvHead) };
    const base = llamaDecoder(heads, stored, {
      family: "granitemoehybrid",
      qkvBias: attentionBias,
      outputBias: attentionBias,
      mlpBias: false,
      multipliers: { embedding, scores, branches, logits: 1 / logitsDivisor },
    });
    const recurrent = recurrentLayers(values.recurrent, values.nLayer, stored);
    const decoder =
      values.rotates === "rope"
        ? base
        : withAttention(base, recurrent, (attention) => ({ ...attention, position: { kind: "none" } }));
    const mamba = mambaOf(values, stored);
    const mixed = withLayers(decoder, recurrent, (layer, is) => (is ? { ...layer, mixer: mamba } : layer));
    if (values.nExperts === 0) return mixed;
    const { nInner, activation } = values;
    const mixture = { nInner, activation, gated: true, bias: false, routing: SOFTMAX_OF_CHOSEN };
    return withExperts(mixed, values, stored, { ...mixture, shared: { ...shared, gate: false } });
  },
  ggufLacks: (config) =>
    (mambaIn(config)?.nGroup ?? 1) > 1
      ? "a norm of several groups of Mamba"
      : areRecurrent(config).includes(true)
        ? undefined
        : "granitemoehybrid models without Mamba",
});
