/** The block of GPT-1 and GPT-2: names, sizes and layers that both have. */
import type { Activation } from "../../compute/ops/ops.ts";
import type { DecoderConfig } from "../../model/config.ts";
import { LIMITS } from "../fields.ts";
import { firstAttention, key, optionalCount, SIZES, TIED, type ValuesOf } from "../keys.ts";
import { attentionHeads } from "../layers/attention-heads.ts";
import { GGUF_WINDOW, maskOf } from "../layers/layer-types.ts";
import { type HEAD_KEYS, withoutHeads } from "../layers/pruned-heads.ts";
import { type UniformDecoder, uniformDecoder } from "../layers/uniform.ts";
import type { StoredConfig } from "../stored-config.ts";
import type { NameTable } from "../stored-names.ts";
import { layerNorm, layerNormEpsilon } from "./layer-norm.ts";

export const GPT_ALIASES = {
  n_embd: "hidden_size",
  n_positions: "max_position_embeddings",
  n_head: "num_attention_heads",
  n_layer: "num_hidden_layers",
} as const;

/** Keys by the names of the config classes of GPT-1 and GPT-2. */
export const GPT_KEYS = {
  nLayer: { ...SIZES.nLayer, json: "n_layer" },
  nPositions: { ...SIZES.nPositions, json: "n_positions" },
  nEmbd: { ...SIZES.nEmbd, json: "n_embd" },
  nInner: key({ ...SIZES.nInner, json: "n_inner", kind: optionalCount(LIMITS.width) }),
  vocabSize: SIZES.vocabSize,
  nHead: { ...SIZES.nHead, json: "n_head" },
  nKvHead: key<number | undefined>({
    gguf: "attention.head_count_kv",
    kind: optionalCount(LIMITS.heads),
    of: (config) => firstAttention(config).nKvHead,
  }),
  headDim: key<number | undefined>({
    gguf: "attention.key_length",
    kind: optionalCount(LIMITS.width),
    of: () => undefined,
  }),
  normEpsilon: layerNormEpsilon("layer_norm_epsilon"),
  tied: TIED,
  window: GGUF_WINDOW,
};

export const GPT_DEFAULTS = {
  nLayer: 12,
  nEmbd: 768,
  nHead: 12,
  normEpsilon: 1e-5,
  tied: true,
  prunedHeads: {},
} as const;

/** The block of GPT-1 and GPT-2. */
export function gptDecoder(
  values: ValuesOf<typeof GPT_KEYS & typeof HEAD_KEYS> & { readonly activation: Activation },
  stored: StoredConfig,
  differences: Pick<UniformDecoder, "family" | "normPlacement" | "position">,
): DecoderConfig {
  const decoder = uniformDecoder({
    ...differences,
    ...attentionHeads(values, stored),
    vocabSize: values.vocabSize,
    nLayer: values.nLayer,
    nEmbd: values.nEmbd,
    nInner: values.nInner ?? 4 * values.nEmbd,
    nPositions: values.nPositions,
    mask: maskOf(true, values.window),
    norm: layerNorm(values.normEpsilon),
    activation: values.activation,
    gated: false,
    qkvBias: true,
    outputBias: true,
    mlpBias: true,
    tied: values.tied,
  });
  return withoutHeads(decoder, values.prunedHeads, stored);
}

/** Modules of a block; the GPTs store matrices [inputs, outputs]. */
export const GPT_BLOCK_NAMES: NameTable = {
  "blocks.*.attention.qkv": [{ module: "h.*.attn.c_attn", layout: "conv1d" }],
  "blocks.*.attention.output": [{ module: "h.*.attn.c_proj", layout: "conv1d" }],
  "blocks.*.mlp.up": [{ module: "h.*.mlp.c_fc", layout: "conv1d" }],
  "blocks.*.mlp.down": [{ module: "h.*.mlp.c_proj", layout: "conv1d" }],
  head: ["lm_head"],
};
