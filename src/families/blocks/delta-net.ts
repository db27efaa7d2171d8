/**
 * The block of Qwen3-Next (Qwen 2025) and Qwen3.5: gated DeltaNet, and attention with gates of its output in
 * some layers. Norms multiply by 1 + weight.
 */
import { ggufValue } from "../../checkpoint/gguf/entries.ts";
import type { DecoderConfig, LayerConfig } from "../../model/config.ts";
import { attentionOf, attentionsOf } from "../../model/mixers.ts";
import type { DeltaNetConfig } from "../../model/recurrent/config.ts";
import type { RowOrder } from "../description.ts";
import { LIMITS } from "../fields.ts";
import { GGUF_NAMES } from "../gguf-names.ts";
import { count, flag, key, optionalCount, type ValuesOf } from "../keys.ts";
import { areRecurrent, recurrentLayers, recurrentLayersKey } from "../layers/recurrent-layers.ts";
import { withLayers } from "../layers/uniform.ts";
import { furtherLayers, type StoredConfig } from "../stored-config.ts";
import type { NameTable } from "../stored-names.ts";
import { BLOCK_DEFAULTS, BLOCK_KEYS, LLAMA_NAMES, llamaDecoder, rmsNorm, SILU_KEY } from "./llama.ts";

/** Every fourth layer has attention where a file says nothing. */
const INTERVAL = 4;
const THETA = 10_000;
const ROTATED_PART = 0.25;

const deltaNetIn = ({ layers }: DecoderConfig): DeltaNetConfig | undefined =>
  layers.flatMap(({ mixer }) => (mixer.kind === "delta-net" ? [mixer] : []))[0];

export const deltaNetOf = ({ mixer }: LayerConfig): DeltaNetConfig => {
  if (mixer.kind !== "delta-net") throw new Error(`a layer with ${mixer.kind} is no gated DeltaNet`);
  return mixer;
};

/** The period of the layers with attention, if they have one. */
function intervalOf(config: DecoderConfig): number | undefined {
  const recurrent = areRecurrent(config);
  const interval = recurrent.indexOf(false) + 1;
  return recurrent.every((is, i) => is === ((i + 1) % interval !== 0)) ? interval : undefined;
}

const size = (json: string, gguf: string, of: (layer: DeltaNetConfig) => number, most: number) =>
  key({
    json,
    gguf,
    kind: count(most),
    of: (config) => {
      const layer = deltaNetIn(config);
      return layer && of(layer);
    },
  });

/** A GGUF file has biases if a layer with attention has them. */
const attentionBias = (module: string) =>
  key({
    json: "attention_bias",
    gguf: ({ tensors }) => [...tensors.keys()].some((name) => name.endsWith(`.${module}.bias`)),
    kind: flag,
    of: (config) => attentionsOf(config).some(({ qkvBias }) => qkvBias),
  });

export const DELTA_NET_KEYS = {
  ...BLOCK_KEYS,
  activation: SILU_KEY,
  qkvBias: attentionBias("attn_q"),
  outputBias: attentionBias("attn_output"),
  nLayer: key<number>({
    ...BLOCK_KEYS.nLayer,
    kind: {
      ...BLOCK_KEYS.nLayer.kind,
      read(stored, name, absent) {
        const blocks = stored.fields.count(name, LIMITS.layers, absent);
        return stored.format === "gguf" ? Math.max(1, blocks - furtherLayers(stored)) : blocks;
      },
    },
  }),
  recurrent: recurrentLayersKey(
    { recurrent: ["linear_attention"], attention: ["full_attention"] },
    ({ fields }) => fields.count("full_attention_interval", LIMITS.layers, INTERVAL),
    "attention.recurrent_layers",
  ),
  interval: key<number | undefined>({
    json: "full_attention_interval",
    gguf: "full_attention_interval",
    kind: optionalCount(LIMITS.layers),
    of: intervalOf,
  }),
  nKeyHead: size("linear_num_key_heads", "ssm.group_count", ({ nKeyHead }) => nKeyHead, LIMITS.heads),
  nValueHead: size(
    "linear_num_value_heads",
    "ssm.time_step_rank",
    ({ nValueHead }) => nValueHead,
    LIMITS.heads,
  ),
  keyDim: size("linear_key_head_dim", "ssm.state_size", ({ keyDim }) => keyDim, LIMITS.width),
  linearValueDim: key({
    json: "linear_value_head_dim",
    gguf: ({ fields }) => fields.count("ssm.state_size", LIMITS.width),
    kind: count(LIMITS.width),
    of: (config) => deltaNetIn(config)?.valueDim,
  }),
  innerSize: key<number | undefined>({
    gguf: "ssm.inner_size",
    kind: optionalCount(LIMITS.width),
    of: (config) => {
      const layer = deltaNetIn(config);
      return layer && layer.nValueHead * layer.valueDim;
    },
  }),
  taps: size("linear_conv_kernel_dim", "ssm.conv_kernel", ({ taps }) => taps, LIMITS.taps),
};

/** Images turn by three positions (Bai et al. 2025), which are equal for text. llama.cpp needs the key. */
export const ROPE_SECTIONS = key<readonly number[] | undefined>({
  gguf: "rope.dimension_sections",
  kind: {
    read: () => undefined,
    json: () => null,
    gguf: (sections = []) => ggufValue.int32s(sections),
  },
  of: (config) => {
    const position = attentionsOf(config)[0]?.position;
    const pairs = position?.kind === "rotary" ? position.dims / 2 : 0;
    const time = Math.ceil(pairs / 3);
    const height = Math.ceil((pairs - time) / 2);
    return [time, height, pairs - time - height, 0];
  },
});

export const DELTA_NET_DEFAULTS = {
  ...BLOCK_DEFAULTS,
  qkvBias: false,
  outputBias: false,
  headDim: 256,
  nKvHead: 4,
  nPositions: 32768,
  nKeyHead: 16,
  keyDim: 128,
  linearValueDim: 128,
  taps: 4,
} as const;

/** The gate of a head stands behind its query. */
const withGates = (layer: LayerConfig): RowOrder => {
  const { nHead, headDim } = attentionOf(layer);
  return { block: 2 * nHead * headDim, groups: nHead, parts: [headDim, headDim] };
};

export const DELTA_NET_NAMES: NameTable = {
  ...LLAMA_NAMES,
  "blocks.*.attention_norm": [{ module: "layers.*.input_layernorm", less: 1 }],
  "blocks.*.attention.qkv": [
    { module: "layers.*.self_attn.q_proj", rows: withGates },
    "layers.*.self_attn.k_proj",
    "layers.*.self_attn.v_proj",
  ],
  "blocks.*.attention.query_norm": [{ module: "layers.*.self_attn.q_norm", less: 1 }],
  "blocks.*.attention.key_norm": [{ module: "layers.*.self_attn.k_norm", less: 1 }],
  "blocks.*.delta_net.convolution": [{ module: "layers.*.linear_attn.conv1d", layout: "convolution" }],
  "blocks.*.delta_net.step": [{ module: "layers.*.linear_attn.dt", bare: true }],
  "blocks.*.delta_net.rate": [{ module: "layers.*.linear_attn.A_log", bare: true, logarithm: true }],
  "blocks.*.delta_net.norm": ["layers.*.linear_attn.norm"],
  "blocks.*.delta_net.output": ["layers.*.linear_attn.out_proj"],
  "blocks.*.mlp_norm": [{ module: "layers.*.post_attention_layernorm", less: 1 }],
  final_norm: [{ module: "norm", less: 1 }],
};

export const DELTA_NET_GGUF_NAMES: NameTable = {
  ...GGUF_NAMES,
  "blocks.*.attention.qkv": [{ module: "blk.*.attn_q", rows: withGates }, "blk.*.attn_k", "blk.*.attn_v"],
  "blocks.*.delta_net.input": ["blk.*.attn_qkv", "blk.*.attn_gate"],
  "blocks.*.delta_net.convolution": ["blk.*.ssm_conv1d"],
  "blocks.*.delta_net.step": ["blk.*.ssm_dt"],
  "blocks.*.delta_net.rate": [{ module: "blk.*.ssm_a", bare: true }],
  "blocks.*.delta_net.norm": ["blk.*.ssm_norm"],
  "blocks.*.delta_net.output": ["blk.*.ssm_out"],
  "blocks.*.mlp_norm": ["blk.*.post_attention_norm"],
};

/** @param sharing how value heads share key heads */
export function deltaNetDecoder(
  family: string,
  values: ValuesOf<typeof DELTA_NET_KEYS>,
  stored: StoredConfig,
  sharing: DeltaNetConfig["sharing"],
): DecoderConfig {
  const { fields, format } = stored;
  if (format === "huggingface") {
    fields.require("attn_output_gate", [true]);
  }
  const { nKeyHead, nValueHead, keyDim, linearValueDim: valueDim, taps, normEpsilon: epsilon } = values;
  if (nValueHead % nKeyHead !== 0) throw stored.wrong("nValueHead", `expected a multiple of ${nKeyHead}`);
  const decoder = llamaDecoder(values, stored, {
    family,
    qkNorm: { kind: "head", norm: rmsNorm(epsilon) },
    qkvBias: values.qkvBias,
    outputBias: values.outputBias,
    mlpBias: false,
    theta: THETA,
    rotaryPart: fields.part("partial_rotary_factor", ROTATED_PART),
  });
  const deltaNet: DeltaNetConfig = {
    kind: "delta-net",
    nKeyHead,
    nValueHead,
    keyDim,
    valueDim,
    sharing: nKeyHead === nValueHead ? "grouped" : sharing,
    taps,
    epsilon,
  };
  return withLayers(
    decoder,
    recurrentLayers(values.recurrent, values.nLayer, stored),
    (layer, isRecurrent) => ({
      ...layer,
      mixer: isRecurrent ? deltaNet : { ...attentionOf(layer), outputGate: true },
    }),
  );
}

/** llama.cpp has one size for both. */
export const ggufLacksSizes = (config: DecoderConfig): string | undefined => {
  const layer = deltaNetIn(config);
  if (layer === undefined) return "attention in all layers of this family";
  return layer.keyDim === layer.valueDim ? undefined : "values of another size than keys";
};
