/** The block of Llama (Touvron et al. 2023), which other families have with small differences. */
import type { Activation } from "../../compute/ops/ops.ts";
import type { DecoderConfig } from "../../model/config.ts";
import type { NormConfig } from "../../model/norm-config.ts";
import { ACTIVATIONS } from "../activations.ts";
import { LIMITS } from "../fields.ts";
import {
  choice,
  firstAttention,
  firstLayer,
  flag,
  key,
  optionalCount,
  positive,
  SIZES,
  TIED,
  type ValuesOf,
} from "../keys.ts";
import { attentionHeads } from "../layers/attention-heads.ts";
import { GGUF_WINDOW, maskOf } from "../layers/layer-types.ts";
import { type UniformDecoder, uniformDecoder } from "../layers/uniform.ts";
import { rotaryOf } from "../rotary/rope.ts";
import type { StoredConfig } from "../stored-config.ts";
import type { NameTable } from "../stored-names.ts";

/** For families whose other parts compute with SiLU as well, by the same field. */
export const SILU_KEY = key<Activation>({
  json: "hidden_act",
  kind: choice<Activation>(
    new Map([
      ["silu", "silu"],
      ["swish", "silu"],
    ]),
    "silu",
  ),
  of: () => "silu",
});

/** Sizes of the block, by the names of most families. */
export const BLOCK_KEYS = {
  ...SIZES,
  normEpsilon: key({
    json: "rms_norm_eps",
    gguf: "attention.layer_norm_rms_epsilon",
    kind: positive,
    of: ({ finalNorm }) => finalNorm?.epsilon,
  }),
  headDim: key({
    json: "head_dim",
    gguf: "attention.key_length",
    kind: optionalCount(LIMITS.width),
    of: (config) => firstAttention(config).headDim,
  }),
  valueDim: key({
    gguf: "attention.value_length",
    kind: optionalCount(LIMITS.width),
    of: (config) => firstAttention(config).valueDim,
  }),
  activation: key({
    json: "hidden_act",
    kind: choice(ACTIVATIONS, "silu"),
    of: (config) => firstLayer(config).mlp.activation,
  }),
  tied: TIED,
  window: GGUF_WINDOW,
};

/** Biases. A GGUF file has them if it has their tensors. */
export const BIAS_KEYS = {
  qkvBias: key({
    json: "attention_bias",
    gguf: ({ tensors }) => tensors.has("blk.0.attn_q.bias"),
    kind: flag,
    of: () => undefined,
  }),
  outputBias: key({
    json: "attention_bias",
    gguf: ({ tensors }) => tensors.has("blk.0.attn_output.bias"),
    kind: flag,
    of: (config) => firstAttention(config).outputBias,
  }),
  mlpBias: key({
    json: "mlp_bias",
    gguf: ({ tensors }) => tensors.has("blk.0.ffn_up.bias"),
    kind: flag,
    of: (config) => firstLayer(config).mlp.bias,
  }),
};

export const BLOCK_DEFAULTS = {
  nLayer: 32,
  nEmbd: 4096,
  nHead: 32,
  normEpsilon: 1e-6,
  activation: "silu",
} as const;

/** Differences from Llama, apart from sizes. */
export type LlamaDifferences = Pick<
  UniformDecoder,
  "family" | "qkvBias" | "outputBias" | "mlpBias" | "qkNorm"
> &
  Partial<
    Pick<UniformDecoder, "norm" | "normPlacement" | "parallel" | "position" | "multipliers" | "softCaps">
  > & {
    /** Base of the rotary frequencies where a file says nothing. */
    readonly theta?: number;
    /** Part of a head that turns. */
    readonly rotaryPart?: number;
  };

/** Whether the window is shorter than the context. */
export const hasWindow = ({
  window,
  nPositions,
}: Pick<ValuesOf<typeof BLOCK_KEYS>, "window" | "nPositions">) => window !== undefined && window < nPositions;

/** The block of Llama. */
export function llamaDecoder(
  values: ValuesOf<typeof BLOCK_KEYS>,
  stored: StoredConfig,
  { theta, rotaryPart: part, ...differences }: LlamaDifferences,
): DecoderConfig {
  const heads = attentionHeads(values, stored);
  const { headDim } = heads;
  if (values.valueDim !== undefined && values.valueDim !== headDim) {
    throw stored.wrong("valueDim", `expected the length of the keys, ${headDim}`);
  }
  return uniformDecoder({
    normPlacement: "before",
    ...differences,
    position:
      differences.position ?? rotaryOf(stored, headDim, { part, ...(theta !== undefined && { theta }) }),
    ...heads,
    vocabSize: values.vocabSize,
    nLayer: values.nLayer,
    nEmbd: values.nEmbd,
    nInner: values.nInner,
    nPositions: values.nPositions,
    mask: maskOf(hasWindow(values), values.window),
    norm: differences.norm ?? rmsNorm(values.normEpsilon),
    activation: values.activation,
    gated: true,
    tied: values.tied,
  });
}

export const rmsNorm = (epsilon: number): NormConfig => ({ kind: "rmsnorm", epsilon, bias: false });

export const LLAMA_NAMES: NameTable = {
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

export const biasesOf = ({ qkvBias, outputBias, mlpBias }: ValuesOf<typeof BIAS_KEYS>) => ({
  qkvBias,
  outputBias,
  mlpBias,
});
