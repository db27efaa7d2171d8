/** Llama (Touvron et al. 2023) and checkpoints of its block under other names: config.json and tensor names. */
import type { HuggingFaceCheckpoint } from "../checkpoint/checkpoint.ts";
import type { ModelDescription } from "./family.ts";
import { Fields, LIMITS } from "./fields.ts";
import { boundaryIds, refuseUnsupported, tiedHead } from "./hugging-face.ts";
import { type NameTable, sourcesFrom } from "./names.ts";
import { rotaryOfConfig } from "./rope.ts";
import { type UniformDecoder, uniformDecoder } from "./uniform.ts";

const NAMES: NameTable = {
  token_embedding: ["embed_tokens"],
  "blocks.*.attention_norm": ["layers.*.input_layernorm"],
  "blocks.*.attention.qkv": [
    "layers.*.self_attn.q_proj",
    "layers.*.self_attn.k_proj",
    "layers.*.self_attn.v_proj",
  ],
  "blocks.*.attention.query_norm": ["layers.*.self_attn.q_norm"],
  "blocks.*.attention.key_norm": ["layers.*.self_attn.k_norm"],
  "blocks.*.attention.output": ["layers.*.self_attn.o_proj"],
  "blocks.*.mlp_norm": ["layers.*.post_attention_layernorm"],
  "blocks.*.mlp.up": ["layers.*.mlp.gate_proj", "layers.*.mlp.up_proj"],
  "blocks.*.mlp.down": ["layers.*.mlp.down_proj"],
  final_norm: ["norm"],
  head: ["lm_head"],
};

/** Where models of this block differ, apart from sizes. */
export interface LlamaVariant
  extends Pick<UniformDecoder, "family" | "qkvBias" | "attentionOutputBias" | "mlpBias" | "queryKeyNorm"> {
  /** Values of the model class in Hugging Face for sizes that are missing. */
  readonly defaults: {
    readonly vocabSize: number;
    readonly nInner: number;
    /** By default as many as heads, or the width divided by the heads. */
    readonly nKvHead?: number;
    readonly headDim?: number;
    readonly nPositions: number;
  };
  /** Keys further back than this are hidden in some layers. */
  readonly window?: number | undefined;
}

/** @throws GptError `invalid-file` naming the field that is wrong or asks for what is not implemented */
export function describeLlama(checkpoint: HuggingFaceCheckpoint): ModelDescription {
  const fields = Fields.ofConfig(checkpoint);
  const attentionBias = fields.flag("attention_bias", false);
  return describeVariant(checkpoint, fields, {
    family: "llama",
    defaults: { vocabSize: 32000, nInner: 11008, nPositions: 2048 },
    qkvBias: attentionBias,
    attentionOutputBias: attentionBias,
    mlpBias: fields.flag("mlp_bias", false),
    queryKeyNorm: false,
  });
}

/** Mistral (Jiang et al. 2023): Llama's block, with a sliding window in its first version. */
export function describeMistral(checkpoint: HuggingFaceCheckpoint): ModelDescription {
  const fields = Fields.ofConfig(checkpoint);
  return describeVariant(checkpoint, fields, {
    family: "llama",
    defaults: { vocabSize: 32000, nInner: 14336, nKvHead: 8, nPositions: 131072 },
    window: fields.is("sliding_window", null)
      ? undefined
      : fields.count("sliding_window", LIMITS.positions, 4096),
    qkvBias: false,
    attentionOutputBias: false,
    mlpBias: false,
    queryKeyNorm: false,
  });
}

/** Any model of this block. A sliding window changes nothing up to its length, so the context ends there. */
export function describeVariant(
  checkpoint: HuggingFaceCheckpoint,
  fields: Fields,
  { defaults, window = Number.POSITIVE_INFINITY, ...differences }: LlamaVariant,
): ModelDescription {
  refuseUnsupported(fields);
  fields.require("hidden_act", ["silu", "swish"], 'expected "silu"');
  const vocabSize = fields.count("vocab_size", LIMITS.vocabulary, defaults.vocabSize);
  const nEmbd = fields.count("hidden_size", LIMITS.width, 4096);
  const nHead = fields.count("num_attention_heads", LIMITS.heads, 32);
  const nKvHead = keyValueHeads(fields, nHead, defaults.nKvHead);
  const headDim = headSize(fields, nEmbd, nHead, defaults.headDim);
  const nPositions = fields.count("max_position_embeddings", LIMITS.positions, defaults.nPositions);
  const config = uniformDecoder({
    ...differences,
    vocabSize,
    nLayer: fields.count("num_hidden_layers", LIMITS.layers, 32),
    nHead,
    nKvHead,
    headDim,
    nEmbd,
    nInner: fields.count("intermediate_size", LIMITS.width, defaults.nInner),
    nPositions: Math.min(nPositions, window),
    norm: "rmsnorm",
    normEpsilon: fields.positive("rms_norm_eps", 1e-6),
    normPlacement: "pre",
    position: rotaryOfConfig(fields, headDim),
    activation: "silu",
    gated: true,
    tiedHead: tiedHead(checkpoint, fields, false),
  });
  return {
    config,
    sources: sourcesFrom(NAMES),
    prefix: "model.",
    ...boundaryIds(checkpoint, fields, vocabSize),
  };
}

function keyValueHeads(fields: Fields, nHead: number, fallback = nHead): number {
  const name = "num_key_value_heads";
  const nKvHead = fields.is(name, null) ? nHead : fields.count(name, LIMITS.heads, fallback);
  if (nHead % nKvHead !== 0) throw fields.wrong(name, `expected a divisor of num_attention_heads, ${nHead}`);
  return nKvHead;
}

function headSize(fields: Fields, nEmbd: number, nHead: number, fallback: number | undefined): number {
  if (fields.has("head_dim") || fallback !== undefined) {
    return fields.count("head_dim", LIMITS.width, fallback);
  }
  if (nEmbd % nHead !== 0) {
    throw fields.wrong(
      "hidden_size",
      `which num_attention_heads, ${nHead}, does not divide, and head_dim is missing`,
    );
  }
  return nEmbd / nHead;
}
