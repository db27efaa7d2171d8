/** LFM2 (Liquid AI 2025): short convolutions, and attention in some layers. */

import type { DecoderConfig } from "../../model/config.ts";
import type { ShortConvolutionConfig } from "../../model/recurrent/config.ts";
import { BLOCK_DEFAULTS, BLOCK_KEYS, LLAMA_NAMES, llamaDecoder, rmsNorm, SILU_KEY } from "../blocks/llama.ts";
import { defineFamily } from "../family.ts";
import { LIMITS } from "../fields.ts";
import { GGUF_NAMES } from "../gguf-names.ts";
import { count, flag, type Kind, key, optionalCount, SIZES, type ValuesOf } from "../keys.ts";
import {
  HYBRID_KV_HEADS,
  headsOf,
  recurrentLayers,
  recurrentLayersKey,
  withoutHeads,
} from "../layers/recurrent-layers.ts";
import { withLayers } from "../layers/uniform.ts";
import type { StoredConfig } from "../stored-config.ts";
import type { NameTable } from "../stored-names.ts";

const convolutionIn = ({ layers }: DecoderConfig): ShortConvolutionConfig | undefined =>
  layers.flatMap(({ mixer }) => (mixer.kind === "short-convolution" ? [mixer] : []))[0];

/** The width of the feed-forward layer may follow from a larger one: two thirds of it, in whole steps. */
const innerWidth: Kind<number> = {
  ...count(LIMITS.width),
  read(stored, name, absent) {
    const { fields, format } = stored;
    if (format === "gguf") return fields.count(name, LIMITS.width);
    const stated = fields.count(fields.has("block_ff_dim") ? "block_ff_dim" : name, LIMITS.width, absent);
    if (!fields.flag("block_auto_adjust_ff_dim", true)) return stated;
    const factor = fields.positive("block_ffn_dim_multiplier", 1);
    const step = fields.count("block_multiple_of", LIMITS.width, 256);
    return step * Math.ceil(Math.floor(factor * Math.floor((2 * stated) / 3)) / step);
  },
};

export const LFM2_KEYS = {
  ...BLOCK_KEYS,
  activation: SILU_KEY,
  normEpsilon: { ...BLOCK_KEYS.normEpsilon, json: "norm_eps" },
  nInner: { ...SIZES.nInner, kind: innerWidth },
  nKvHead: HYBRID_KV_HEADS,
  recurrent: recurrentLayersKey(
    { recurrent: ["conv"], attention: ["full_attention"] },
    ({ fields }) => {
      const nLayer = fields.count("num_hidden_layers", LIMITS.layers, LFM2_DEFAULTS.nLayer);
      const attention = fields.has("full_attn_idxs") ? fields.list("full_attn_idxs") : undefined;
      return Array.from({ length: nLayer }, (_, i) => attention !== undefined && !attention.includes(i));
    },
    withoutHeads,
  ),
  taps: key({
    json: "conv_L_cache",
    gguf: "shortconv.l_cache",
    kind: optionalCount(LIMITS.taps),
    of: (config) => convolutionIn(config)?.taps,
  }),
  convolutionBias: key({
    json: "conv_bias",
    gguf: ({ tensors }) => [...tensors.keys()].some((name) => name.endsWith(".shortconv.in_proj.bias")),
    kind: flag,
    of: (config) => convolutionIn(config)?.bias,
  }),
};

export const LFM2_DEFAULTS = {
  ...BLOCK_DEFAULTS,
  vocabSize: 65536,
  nEmbd: 2560,
  nInner: 12288,
  nKvHead: 8,
  nPositions: 128000,
  normEpsilon: 1e-5,
  tied: true,
  taps: 3,
  convolutionBias: false,
} as const;

export const LFM2_NAMES: NameTable = {
  ...LLAMA_NAMES,
  "blocks.*.attention_norm": ["layers.*.operator_norm"],
  "blocks.*.attention.query_norm": ["layers.*.self_attn.q_layernorm"],
  "blocks.*.attention.key_norm": ["layers.*.self_attn.k_layernorm"],
  "blocks.*.attention.output": ["layers.*.self_attn.out_proj"],
  "blocks.*.short_convolution.input": ["layers.*.conv.in_proj"],
  "blocks.*.short_convolution.convolution": [{ module: "layers.*.conv.conv", layout: "convolution" }],
  "blocks.*.short_convolution.output": ["layers.*.conv.out_proj"],
  "blocks.*.mlp_norm": ["layers.*.ffn_norm"],
  "blocks.*.mlp.up": ["layers.*.feed_forward.w1", "layers.*.feed_forward.w3"],
  "blocks.*.mlp.down": ["layers.*.feed_forward.w2"],
  final_norm: ["embedding_norm"],
};

export const LFM2_GGUF_NAMES: NameTable = {
  ...GGUF_NAMES,
  "blocks.*.short_convolution.input": ["blk.*.shortconv.in_proj"],
  "blocks.*.short_convolution.convolution": ["blk.*.shortconv.conv"],
  "blocks.*.short_convolution.output": ["blk.*.shortconv.out_proj"],
  final_norm: ["token_embd_norm"],
};

export const lfm2 = defineFamily({
  name: "lfm2",
  className: "Lfm2",
  languageModel: "ForCausalLM",
  architecture: "lfm2",
  aliases: { tie_word_embeddings: "tie_embedding" },
  keys: LFM2_KEYS,
  defaults: LFM2_DEFAULTS,
  constants: { block_auto_adjust_ff_dim: false },
  tensors: { prefix: "model.", huggingFace: LFM2_NAMES, gguf: LFM2_GGUF_NAMES },
  decoder: (values, stored) => lfm2Decoder("lfm2", values, stored),
});

export function lfm2Decoder(
  family: string,
  values: Omit<ValuesOf<typeof LFM2_KEYS>, "nInner"> & { readonly nInner: number },
  stored: StoredConfig,
): DecoderConfig {
  const { nEmbd, nLayer, convolutionBias: bias } = values;
  const nKvHead = headsOf(values.nKvHead);
  const decoder = llamaDecoder({ ...values, nKvHead }, stored, {
    family,
    theta: 1e6,
    qkNorm: { kind: "head", norm: rmsNorm(values.normEpsilon) },
    qkvBias: false,
    outputBias: false,
    mlpBias: false,
  });
  const recurrent = recurrentLayers(values.recurrent, nLayer, stored);
  if (!recurrent.includes(true)) return decoder;
  const taps = values.taps ?? stored.fields.count("shortconv.l_cache", LIMITS.taps);
  const convolution: ShortConvolutionConfig = { kind: "short-convolution", channels: nEmbd, taps, bias };
  return withLayers(decoder, recurrent, (layer, isRecurrent) =>
    isRecurrent ? { ...layer, mixer: convolution } : layer,
  );
}
