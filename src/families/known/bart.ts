/**
 * BART (Lewis et al. 2020): encoder and decoder norm the residual sums. llama.cpp has no architecture for it.
 */
import type { DecoderConfig } from "../../model/config.ts";
import { activationKey } from "../blocks/layer-norm.ts";
import { encoderOf, withEncoder } from "../encoder-decoder.ts";
import { defineFamily } from "../family.ts";
import { LIMITS } from "../fields.ts";
import { count, firstAttention, firstLayer, flag, key, SIZES, TIED } from "../keys.ts";
import { type UniformDecoder, uniformDecoder } from "../layers/uniform.ts";
import type { NameTable } from "../stored-names.ts";

/** The config has no field for it. */
const EPSILON = 1e-5;

const inEncoder =
  <T>(of: (config: DecoderConfig) => T) =>
  (config: DecoderConfig) =>
    of(encoderOf(config));

const { nKvHead: _, ...SHARED } = SIZES;
const inner = (config: DecoderConfig) => firstLayer(config).mlp.nInner;
const heads = (config: DecoderConfig) => firstAttention(config).nHead;

/** Rows of the tables of positions that no token has. */
const SKIPPED = 2;

function side(name: "encoder" | "decoder", canonical: string): NameTable {
  const layer = `${name}.layers.*`;
  const own = `${layer}.self_attn`;
  return {
    [`${canonical}position_embedding`]: [{ module: `${name}.embed_positions`, skippedRows: SKIPPED }],
    [`${canonical}embedding_norm`]: [`${name}.layernorm_embedding`],
    [`${canonical}blocks.*.attention.qkv`]: [`${own}.q_proj`, `${own}.k_proj`, `${own}.v_proj`],
    [`${canonical}blocks.*.attention.output`]: [`${own}.out_proj`],
    [`${canonical}blocks.*.attention_sum_norm`]: [`${own}_layer_norm`],
    [`${canonical}blocks.*.mlp.up`]: [`${layer}.fc1`],
    [`${canonical}blocks.*.mlp.down`]: [`${layer}.fc2`],
    [`${canonical}blocks.*.mlp_sum_norm`]: [`${layer}.final_layer_norm`],
  };
}

const CROSS = "decoder.layers.*.encoder_attn";

export const bart = defineFamily({
  name: "bart",
  className: "Bart",
  languageModel: "ForConditionalGeneration",
  isEncoderDecoder: true,
  tokenizerClass: "BartTokenizer",
  keys: {
    ...SHARED,
    nEmbd: { ...SIZES.nEmbd, json: "d_model" },
    nLayer: { ...SIZES.nLayer, json: "decoder_layers" },
    nHead: { ...SIZES.nHead, json: "decoder_attention_heads" },
    nInner: { ...SIZES.nInner, json: "decoder_ffn_dim" },
    encoderLayers: key({
      json: "encoder_layers",
      kind: count(LIMITS.layers),
      of: inEncoder(({ layers }) => layers.length),
    }),
    encoderHeads: key({ json: "encoder_attention_heads", kind: count(LIMITS.heads), of: inEncoder(heads) }),
    encoderInner: key({ json: "encoder_ffn_dim", kind: count(LIMITS.width), of: inEncoder(inner) }),
    scaled: key({ json: "scale_embedding", kind: flag, of: ({ embedding }) => embedding.scale !== 1 }),
    startId: key({
      json: "decoder_start_token_id",
      kind: count(LIMITS.vocabulary, 0),
      of: ({ encoder }) => encoder?.startId,
    }),
    tied: TIED,
    activation: activationKey("activation_function", "gelu_erf"),
  },
  defaults: {
    vocabSize: 50265,
    nPositions: 1024,
    nEmbd: 1024,
    nLayer: 12,
    nHead: 16,
    nInner: 4096,
    encoderLayers: 12,
    encoderHeads: 16,
    encoderInner: 4096,
    scaled: false,
    startId: 2,
    tied: true,
    activation: "gelu_erf",
  },
  constants: { is_encoder_decoder: true, pad_token_id: 1 },
  tensors: {
    prefix: "model.",
    huggingFace: {
      token_embedding: ["shared"],
      ...side("encoder", "encoder."),
      ...side("decoder", ""),
      "blocks.*.cross.query": [`${CROSS}.q_proj`],
      "blocks.*.cross.keys_values": [`${CROSS}.k_proj`, `${CROSS}.v_proj`],
      "blocks.*.cross.output": [`${CROSS}.out_proj`],
      "blocks.*.cross_sum_norm": [`${CROSS}_layer_norm`],
      head: [{ module: "final_logits", bare: true, vectorRows: () => 1 }],
    },
    gguf: {},
  },
  decoder(values, stored) {
    const { nEmbd, nHead, scaled, startId, tied } = values;
    for (const field of ["normalize_before", "add_final_layer_norm"]) stored.fields.require(field, [false]);
    if (!tied) throw stored.wrong("tied", "which is not supported");
    for (const heads of ["nHead", "encoderHeads"] as const) {
      if (nEmbd % values[heads] !== 0) throw stored.wrong(heads, `but ${nEmbd} is no multiple of it`);
    }
    const norm = { kind: "layernorm", epsilon: EPSILON, bias: true } as const;
    const shape: UniformDecoder = {
      ...values,
      family: "bart",
      nKvHead: nHead,
      headDim: nEmbd / nHead,
      norm,
      normPlacement: "sum",
      position: { kind: "learned" },
      embeddingNorm: norm,
      gated: false,
      qkvBias: true,
      outputBias: true,
      mlpBias: true,
      headBias: true,
      multipliers: { embedding: scaled ? Math.sqrt(nEmbd) : 1 },
    };
    const { encoderLayers: nLayer, encoderHeads: count, encoderInner: nInner } = values;
    const own = { nLayer, nHead: count, nKvHead: count, headDim: nEmbd / count, nInner };
    const body = uniformDecoder({ ...shape, ...own, mask: { kind: "full" } });
    return withEncoder(uniformDecoder(shape), body, startId);
  },
});
