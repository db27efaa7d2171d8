/**
 * T5 (Raffel et al. 2020), T5 1.1 and Flan-T5 (Chung et al. 2022), whose MLP is gated, and mT5 (Xue et al.
 * 2021).
 */
import type { Activation } from "../../compute/ops/ops.ts";
import type { DecoderConfig, LayerConfig } from "../../model/config.ts";
import { encoderOf, withEncoder } from "../encoder-decoder.ts";
import { defineFamily } from "../family.ts";
import { LIMITS } from "../fields.ts";
import {
  choice,
  count,
  firstAttention,
  firstLayer,
  key,
  optionalCount,
  positive,
  SIZES,
  TIED,
} from "../keys.ts";
import { type UniformDecoder, uniformDecoder } from "../layers/uniform.ts";
import type { NameTable, StoredModules } from "../stored-names.ts";

type Activated = Activation | `gated ${Activation}`;

/** GELU is the exact one without a gate, and the tanh one with a gate. */
const ACTIVATIONS: ReadonlyMap<string, Activated> = new Map([
  ["relu", "relu"],
  ["gelu", "gelu_erf"],
  ["gelu_new", "gelu_tanh"],
  ["gated-gelu", "gated gelu_tanh"],
  ["gated-silu", "gated silu"],
]);

/** Distances beyond the last bucket share it: a text may be longer than those of the training. */
const POSITIONS = 2 ** 15;

const relativeOf = (config: DecoderConfig) => {
  const { scoreBias } = firstAttention(config);
  return scoreBias.kind === "relative" ? scoreBias : undefined;
};

const KEYS = {
  ...SIZES,
  nLayer: key({ ...SIZES.nLayer, json: "num_layers", of: (config) => encoderOf(config).layers.length }),
  nDecoderLayer: key({
    json: "num_decoder_layers",
    gguf: "decoder_block_count",
    kind: optionalCount(LIMITS.layers),
    of: ({ layers }) => layers.length,
  }),
  nEmbd: { ...SIZES.nEmbd, json: "d_model" },
  nInner: { ...SIZES.nInner, json: "d_ff" },
  nHead: { ...SIZES.nHead, json: "num_heads" },
  headDim: key({
    json: "d_kv",
    gguf: "attention.key_length",
    kind: count(LIMITS.width),
    of: (config) => firstAttention(config).headDim,
  }),
  valueDim: key({
    gguf: "attention.value_length",
    kind: optionalCount(LIMITS.width),
    of: (config) => firstAttention(config).valueDim,
  }),
  trainedPositions: key({ gguf: "context_length", kind: optionalCount(LIMITS.positions), of: () => 512 }),
  buckets: key({
    json: "relative_attention_num_buckets",
    gguf: "attention.relative_buckets_count",
    kind: count(2 ** 12, 4),
    of: (config) => relativeOf(config)?.buckets,
  }),
  maxDistance: key({
    json: "relative_attention_max_distance",
    kind: count(2 ** 16),
    of: (config) => relativeOf(config)?.maxDistance,
  }),
  normEpsilon: key({
    json: "layer_norm_epsilon",
    gguf: "attention.layer_norm_rms_epsilon",
    kind: positive,
    of: ({ finalNorm }) => finalNorm?.epsilon,
  }),
  startId: key({
    json: "decoder_start_token_id",
    gguf: "decoder_start_token_id",
    kind: count(LIMITS.vocabulary, 0),
    of: ({ encoder }) => encoder?.startId,
  }),
  tied: TIED,
  activation: key<Activated>({
    json: "feed_forward_proj",
    gguf: ({ tensors }) => (tensors.has("dec.blk.0.ffn_gate.weight") ? "gated gelu_tanh" : "relu"),
    kind: choice(ACTIVATIONS, "relu"),
    of: (config) => activatedOf(firstLayer(config)),
  }),
};

const { nPositions: _, nKvHead: __, ...T5_KEYS } = KEYS;

const activatedOf = ({ mlp }: LayerConfig): Activated =>
  mlp.gated ? `gated ${mlp.activation}` : mlp.activation;

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

export const t5 = defineFamily({
  name: "t5",
  className: "T5",
  languageModel: "ForConditionalGeneration",
  isEncoderDecoder: true,
  tokenizerClass: "T5Tokenizer",
  architecture: "t5",
  keys: T5_KEYS,
  defaults: {
    vocabSize: 32128,
    nLayer: 6,
    nEmbd: 512,
    nHead: 8,
    headDim: 64,
    nInner: 2048,
    buckets: 32,
    maxDistance: 128,
    normEpsilon: 1e-6,
    startId: 0,
    tied: true,
    activation: "relu",
  },
  constants: { is_encoder_decoder: true, pad_token_id: 0 },
  tensors: {
    prefix: "",
    huggingFace: {
      token_embedding: ["shared"],
      ...sideOfDirectory("encoder", "encoder.", 1),
      ...sideOfDirectory("decoder", "", 2),
      "blocks.*.cross_norm": ["decoder.block.*.layer.1.layer_norm"],
      "blocks.*.cross.query": [`${CROSS}.q`],
      "blocks.*.cross.keys_values": [`${CROSS}.k`, `${CROSS}.v`],
      "blocks.*.cross.output": [`${CROSS}.o`],
      head: ["lm_head"],
    },
    gguf: {
      token_embedding: ["token_embd"],
      ...sideOfGguf("enc", "encoder."),
      ...sideOfGguf("dec", ""),
      "blocks.*.cross_norm": ["dec.blk.*.cross_attn_norm"],
      "blocks.*.cross.query": ["dec.blk.*.cross_attn_q"],
      "blocks.*.cross.keys_values": ["dec.blk.*.cross_attn_k", "dec.blk.*.cross_attn_v"],
      "blocks.*.cross.output": ["dec.blk.*.cross_attn_o"],
      head: ["output"],
    },
  },
  decoder(values) {
    const { nLayer, nDecoderLayer = nLayer, startId, activation, buckets, maxDistance, tied, nEmbd } = values;
    const [function_, gated] = partsOf(activation);
    const shape: UniformDecoder = {
      ...values,
      family: "t5",
      nKvHead: values.nHead,
      nPositions: POSITIONS,
      norm: { kind: "rmsnorm", epsilon: values.normEpsilon, bias: false },
      normPlacement: "before",
      position: { kind: "none" },
      scoreBias: { kind: "relative", buckets, maxDistance },
      activation: function_,
      gated,
      qkvBias: false,
      outputBias: false,
      mlpBias: false,
      multipliers: { scores: 1, logits: tied ? nEmbd ** -0.5 : 1 },
    };
    const body = uniformDecoder({ ...shape, mask: { kind: "full" } });
    return withEncoder(uniformDecoder({ ...shape, nLayer: nDecoderLayer }), body, startId);
  },
});

function partsOf(activated: Activated): readonly [Activation, boolean] {
  const gated = activated.startsWith("gated ");
  return [(gated ? activated.slice("gated ".length) : activated) as Activation, gated];
}

const { architecture: ___, ...asT5 } = t5;

/** A T5 in all but the defaults of its config. */
export const mt5 = defineFamily({
  ...asT5,
  name: "mt5",
  className: "MT5",
  defaults: {
    ...t5.defaults,
    vocabSize: 250_112,
    nLayer: 8,
    nHead: 6,
    nInner: 1024,
    tied: false,
    activation: "gated gelu_tanh",
  },
});
