/** GPT-2 (Radford et al. 2019) and what only differs in size from it, such as Cerebras-GPT. */
import type { Activation } from "../../compute/ops/ops.ts";
import type { DecoderConfig } from "../../model/config.ts";
import { attentionHeads, withinWindow } from "../attention-heads.ts";
import { defineFamily } from "../family.ts";
import { LIMITS } from "../fields.ts";
import { GGUF_NAMES } from "../gguf-names.ts";
import {
  choice,
  firstLayer,
  GGUF_WINDOW,
  type Key,
  key,
  optionalCount,
  positive,
  SIZES,
  TIED,
  type ValuesOf,
} from "../keys.ts";
import type { StoredConfig } from "../stored-config.ts";
import type { NameTable } from "../stored-names.ts";
import { uniformDecoder } from "../uniform.ts";

/** Hugging Face's spellings; its "gelu" is the exact form. */
const ACTIVATIONS: ReadonlyMap<string, Activation> = new Map([
  ["gelu_new", "gelu_tanh"],
  ["gelu_pytorch_tanh", "gelu_tanh"],
  ["gelu_fast", "gelu_tanh"],
  ["gelu", "gelu_erf"],
  ["gelu_python", "gelu_erf"],
  ["silu", "silu"],
  ["swish", "silu"],
]);

export const GPT_ALIASES = {
  n_embd: "hidden_size",
  n_positions: "max_position_embeddings",
  n_head: "num_attention_heads",
  n_layer: "num_hidden_layers",
} as const;

/** Of GPT-1 and GPT-2, by the names of their config classes. */
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
    of: (config) => firstLayer(config).attention.nKvHead,
  }),
  headDim: key<number | undefined>({
    gguf: "attention.key_length",
    kind: optionalCount(LIMITS.width),
    of: () => undefined,
  }),
  normEpsilon: key({
    json: "layer_norm_epsilon",
    gguf: "attention.layer_norm_epsilon",
    kind: positive,
    of: ({ layers: [layer] }) => (layer?.attentionBranch.before ?? layer?.attentionBranch.sum)?.epsilon,
  }),
  tied: TIED,
  window: GGUF_WINDOW,
};

export const activationKey = (json: string, spellings: ReadonlyMap<string, Activation>): Key<Activation> => ({
  json,
  gguf: "hidden_activation",
  kind: choice(spellings, "gelu_tanh"),
  of: (config) => firstLayer(config).mlp.activation,
});

export const GPT_DEFAULTS = { nLayer: 12, nEmbd: 768, nHead: 12, normEpsilon: 1e-5, tied: true } as const;

/** Positions of GPT-2; `sinusoidal` is an extension of ours: the fixed table instead of `wpe`. */
const positions = key<"learned" | "sinusoidal">({
  json({ fields }) {
    const name = fields.has("position_embeddings") ? "position_embeddings" : "position_embedding_type";
    const kind = fields.text(name, "learned");
    if (kind === "learned" || kind === "absolute") return "learned";
    if (kind === "sinusoidal") return kind;
    throw fields.wrong(name, 'expected "learned" or "sinusoidal"');
  },
  kind: choice(
    new Map([
      ["learned", "learned"],
      ["sinusoidal", "sinusoidal"],
    ] as const),
    "learned",
  ),
  of: () => undefined,
});

/** The block of GPT-1 and GPT-2. */
export function gptDecoder(
  values: ValuesOf<typeof GPT_KEYS> & { readonly activation: Activation },
  stored: StoredConfig,
  differences: Pick<Parameters<typeof uniformDecoder>[0], "family" | "normPlacement" | "position">,
): DecoderConfig {
  return uniformDecoder({
    ...differences,
    ...attentionHeads(values, stored),
    vocabSize: values.vocabSize,
    nLayer: values.nLayer,
    nEmbd: values.nEmbd,
    nInner: values.nInner ?? 4 * values.nEmbd,
    nPositions: withinWindow(values.nPositions, values.window),
    norm: { kind: "layernorm", epsilon: values.normEpsilon, bias: true },
    activation: values.activation,
    gated: false,
    qkvBias: true,
    outputBias: true,
    mlpBias: true,
    tied: values.tied,
  });
}

/** Modules of a block; the GPTs store matrices [inputs, outputs]. */
export const GPT_BLOCK_NAMES: NameTable = {
  "blocks.*.attention.qkv": [{ module: "h.*.attn.c_attn", layout: "conv1d" }],
  "blocks.*.attention.output": [{ module: "h.*.attn.c_proj", layout: "conv1d" }],
  "blocks.*.mlp.up": [{ module: "h.*.mlp.c_fc", layout: "conv1d" }],
  "blocks.*.mlp.down": [{ module: "h.*.mlp.c_proj", layout: "conv1d" }],
  head: ["lm_head"],
};

export const gpt2 = defineFamily({
  name: "gpt2",
  className: "GPT2",
  languageModel: "LMHeadModel",
  tokenizerClass: "GPT2Tokenizer",
  architecture: "gpt2",
  signature: ["n_embd", "n_layer", "n_head"],
  aliases: GPT_ALIASES,
  keys: { ...GPT_KEYS, activation: activationKey("activation_function", ACTIVATIONS), positions },
  defaults: { ...GPT_DEFAULTS, vocabSize: 50257, nPositions: 1024, positions: "learned" },
  endOfText: 50256,
  tensors: {
    prefix: "transformer.",
    huggingFace: {
      ...GPT_BLOCK_NAMES,
      token_embedding: ["wte"],
      position_embedding: ["wpe"],
      "blocks.*.attention_norm": ["h.*.ln_1"],
      "blocks.*.mlp_norm": ["h.*.ln_2"],
      final_norm: ["ln_f"],
    },
    gguf: {
      ...GGUF_NAMES,
      "blocks.*.attention.qkv": ["blk.*.attn_qkv"],
      "blocks.*.mlp.up": ["blk.*.ffn_up"],
    },
  },
  decoder(values, stored) {
    if (stored.format === "huggingface") {
      stored.fields.require("scale_attn_weights", [true]);
      stored.fields.require("scale_attn_by_inverse_layer_idx", [false]);
      stored.fields.require("add_cross_attention", [false]);
    }
    const position = { kind: values.positions } as const;
    return gptDecoder(values, stored, { family: "gpt2", normPlacement: "before", position });
  },
  /** llama.cpp's gpt2 has the tanh form of GELU; a file of ours names the exact one, which is close. */
  ggufLacks({ embedding, layers: [layer] }) {
    if (embedding.positions === "sinusoidal") return "sinusoidal positions";
    return layer?.mlp.activation === "silu" ? "a gpt2 with SiLU" : undefined;
  },
});
