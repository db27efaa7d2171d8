/**
 * Sizes and tensors of Gemma 4 in both formats. GGUF lists a size for each layer. config.json has a size for
 * each kind of layer.
 */
import type { AttentionConfig, DecoderConfig, LayerConfig } from "../../model/config.ts";
import { attentionOf } from "../../model/mixers.ts";
import { LIMITS } from "../fields.ts";
import { GGUF_NAMES } from "../gguf-names.ts";
import { count, flag, ggufOnly, key, optionalCount, type ValuesOf } from "../keys.ts";
import { byLayer, countByLayer, eachLayer } from "../layers/by-layer.ts";
import { EXPERT_INNER, EXPERT_KEYS, mixtureIn } from "../layers/expert-keys.ts";
import { GGUF_EXPERT_NAMES } from "../layers/expert-names.ts";
import {
  GGUF_INPUT_NAMES,
  INPUT_KEYS,
  INPUT_NAMES,
  SHARED_LAYERS,
  withSharedKeys,
} from "../layers/layer-inputs.ts";
import { SLIDING_WINDOW, slidingLayers, slidingLayersKey } from "../layers/layer-types.ts";
import type { StoredConfig } from "../stored-config.ts";
import type { NameTable } from "../stored-names.ts";
import { GEMMA_KEYS, LOGIT_CAP, softCap } from "./gemma.ts";
import { LLAMA_NAMES } from "./llama.ts";

const isFull = (layer: LayerConfig): boolean => attentionOf(layer).mask.kind === "causal";

/** The first layer that sees all positions. */
const fullIn = ({ layers }: DecoderConfig): AttentionConfig | undefined =>
  layers.filter(isFull).map(attentionOf)[0];

/** The first layer with a window, else the first of all. */
const slidingIn = ({ layers }: DecoderConfig): AttentionConfig | undefined =>
  [...layers.filter((layer) => !isFull(layer)), ...layers].map(attentionOf)[0];

const optional = optionalCount(LIMITS.experts);

export const GEMMA4_KEYS = {
  ...GEMMA_KEYS,
  ...INPUT_KEYS,
  mlpBias: ggufOnly(GEMMA_KEYS.mlpBias),
  window: SLIDING_WINDOW,
  slidingLayers: slidingLayersKey(6),
  nShared: SHARED_LAYERS,
  headDim: key({
    json: "head_dim",
    gguf: "attention.key_length_swa",
    kind: optionalCount(LIMITS.width),
    of: (config) => slidingIn(config)?.headDim,
  }),
  valueDim: key({
    gguf: "attention.value_length_swa",
    kind: optionalCount(LIMITS.width),
    of: (config) => slidingIn(config)?.valueDim,
  }),
  fullHeadDim: key({
    json: "global_head_dim",
    gguf: "attention.key_length",
    kind: count(LIMITS.width),
    of: (config) => fullIn(config)?.headDim,
  }),
  fullValueDim: key({
    gguf: "attention.value_length",
    kind: optionalCount(LIMITS.width),
    of: (config) => fullIn(config)?.headDim,
  }),
  nKvHead: key({
    json: "num_key_value_heads",
    kind: optionalCount(LIMITS.heads),
    of: (config) => slidingIn(config)?.nKvHead,
  }),
  fullKvHeads: key({
    json: "num_global_key_value_heads",
    kind: optionalCount(LIMITS.heads),
    of: (config) => fullIn(config)?.nKvHead,
  }),
  kvHeads: key({
    gguf: "attention.head_count_kv",
    kind: countByLayer(LIMITS.heads),
    of: ({ layers }) => byLayer(layers.map((layer) => attentionOf(layer).nKvHead)),
  }),
  keysAreValues: key({
    json: "attention_k_eq_v",
    gguf: ({ tensors }) =>
      [...tensors.keys()].some((name) => {
        return name.endsWith(".attn_k.weight") && !tensors.has(name.replace("attn_k.", "attn_v."));
      }),
    kind: flag,
    of: (config) => fullIn(config)?.keysAreValues === true,
  }),
  nInner: key({
    json: "intermediate_size",
    kind: count(LIMITS.width),
    of: ({ layers: [layer] }) => layer && denseInner(layer),
  }),
  inners: key({
    gguf: "feed_forward_length",
    kind: countByLayer(LIMITS.width),
    of: ({ layers }) => byLayer(layers.map(denseInner)),
  }),
  doubleWide: key({
    json: "use_double_wide_mlp",
    kind: flag,
    of: ({ layers }) => layers.at(-1)?.mlp.nInner !== layers[0]?.mlp.nInner,
  }),
  hasExperts: key({
    json: "enable_moe_block",
    gguf: "expert_count",
    kind: {
      ...flag,
      read: ({ fields, format }, name) =>
        format === "gguf" ? fields.has(name) && !fields.is(name, 0) : fields.flag(name, false),
      gguf: () => undefined,
    },
    of: (config) => mixtureIn(config) !== undefined,
  }),
  nExperts: key({ ...EXPERT_KEYS.nExperts, json: "num_experts", kind: optional }),
  nActive: key({ ...EXPERT_KEYS.nActive, json: "top_k_experts", kind: optional }),
  nExpertInner: key({ ...EXPERT_INNER, kind: optionalCount(LIMITS.width) }),
  logitCap: key({ ...LOGIT_CAP, kind: softCap() }),
};

export type Gemma4Values = ValuesOf<typeof GEMMA4_KEYS>;

/** Width of the MLP of a layer, which may have a mixture beside it. */
const denseInner = ({ mlp }: LayerConfig): number =>
  mlp.kind === "experts" ? (mlp.shared?.nInner ?? 0) : mlp.nInner;

export const GEMMA4_NAMES: NameTable = {
  ...LLAMA_NAMES,
  ...INPUT_NAMES,
  "blocks.*.attention.qkv": withSharedKeys([
    "layers.*.self_attn.q_proj",
    "layers.*.self_attn.k_proj",
    "layers.*.self_attn.v_proj",
  ]),
  "blocks.*.attention_output_norm": ["layers.*.post_attention_layernorm"],
  "blocks.*.mlp_norm": ["layers.*.pre_feedforward_layernorm"],
  "blocks.*.mlp_output_norm": ["layers.*.post_feedforward_layernorm"],
  "blocks.*.mlp.router_norm": [{ module: "layers.*.router.scale", bare: true }],
  "blocks.*.mlp.router": ["layers.*.router.proj"],
  "blocks.*.mlp.router_scales": [{ module: "layers.*.router.per_expert_scale", bare: true }],
  "blocks.*.mlp.experts_norm": ["layers.*.pre_feedforward_layernorm_2"],
  "blocks.*.mlp.experts.up": [{ module: "layers.*.experts.gate_up_proj", bare: true }],
  "blocks.*.mlp.experts.down": [{ module: "layers.*.experts.down_proj", bare: true }],
  "blocks.*.mlp.experts_output_norm": ["layers.*.post_feedforward_layernorm_2"],
  "blocks.*.mlp.shared_norm": ["layers.*.pre_feedforward_layernorm"],
  "blocks.*.mlp.shared.up": ["layers.*.mlp.gate_proj", "layers.*.mlp.up_proj"],
  "blocks.*.mlp.shared.down": ["layers.*.mlp.down_proj"],
  "blocks.*.mlp.shared_output_norm": ["layers.*.post_feedforward_layernorm_1"],
  "blocks.*.scale": [{ module: "layers.*.layer_scalar", bare: true }],
};

export const GEMMA4_GGUF_NAMES: NameTable = {
  ...GGUF_NAMES,
  ...GGUF_EXPERT_NAMES,
  ...GGUF_INPUT_NAMES,
  "blocks.*.attention.qkv": withSharedKeys(["blk.*.attn_q", "blk.*.attn_k", "blk.*.attn_v"]),
  "blocks.*.mlp.router_norm": [{ module: "blk.*.ffn_gate_inp.scale", bare: true }],
  "blocks.*.mlp.router_scales": [{ module: "blk.*.ffn_down_exps.scale", bare: true }],
  "blocks.*.mlp.experts_norm": ["blk.*.pre_ffw_norm_2"],
  "blocks.*.mlp.experts_output_norm": ["blk.*.post_ffw_norm_2"],
  "blocks.*.mlp.shared_norm": ["blk.*.ffn_norm"],
  "blocks.*.mlp.shared.up": ["blk.*.ffn_gate", "blk.*.ffn_up"],
  "blocks.*.mlp.shared.down": ["blk.*.ffn_down"],
  "blocks.*.mlp.shared_output_norm": ["blk.*.post_ffw_norm_1"],
  "blocks.*.scale": ["blk.*.layer_output_scale"],
};

export interface Gemma4Sizes {
  readonly slides: readonly boolean[];
  readonly inner: readonly number[];
  readonly full: { readonly nKvHead: number; readonly headDim: number };
  readonly sliding: { readonly nKvHead: number; readonly headDim: number };
}

/** Sizes of each layer, and of the heads of each kind of layer. */
export function gemma4Sizes(values: Gemma4Values, stored: StoredConfig): Gemma4Sizes {
  const { nLayer, nHead, nShared } = values;
  const slides = slidingLayers(values.slidingLayers, nLayer, stored).map(
    (slides, i) => slides && i < nLayer - 1,
  );
  const headDim = values.headDim ?? 256;
  if (stored.format === "gguf") {
    const heads = eachLayer(values.kvHeads, nLayer, stored, "kvHeads");
    const of = (is: boolean) => heads[slides.indexOf(is)] ?? heads[0] ?? nHead;
    return {
      slides,
      inner: eachLayer(values.inners, nLayer, stored, "inners"),
      full: { nKvHead: of(false), headDim: values.fullHeadDim },
      sliding: { nKvHead: of(true), headDim },
    };
  }
  const own = nLayer - nShared;
  const inner = slides.map((_, i) => values.nInner * (values.doubleWide && i >= own ? 2 : 1));
  return {
    slides,
    inner,
    full: fullHeads(values, stored),
    sliding: { nKvHead: values.nKvHead ?? nHead, headDim },
  };
}

/**
 * Sizes of the heads of layers that see all: by name, or in `per_layer_config` of files that were saved
 * again.
 */
function fullHeads(values: Gemma4Values, { fields }: StoredConfig): Gemma4Sizes["full"] {
  const byLayer = fields.nested("per_layer_config");
  const [number] = Object.keys(fields.object("per_layer_config") ?? {});
  const own = number === undefined ? undefined : byLayer?.nested(number);
  const nKvHead = (values.keysAreValues ? values.fullKvHeads : undefined) ?? values.nKvHead ?? values.nHead;
  return {
    headDim: own?.count("head_dim", LIMITS.width, values.fullHeadDim) ?? values.fullHeadDim,
    nKvHead: own?.count("num_key_value_heads", LIMITS.heads, nKvHead) ?? nKvHead,
  };
}
