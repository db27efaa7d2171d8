/**
 * The block of BERT (Devlin et al. 2018) and its kin: attention to both sides, norms of the residual sums.
 */
import type { Activation } from "../../compute/ops/ops.ts";
import type { DecoderConfig, LayerConfig } from "../../model/config.ts";
import { attentionOf } from "../../model/mixers.ts";
import type { NormConfig } from "../../model/norm-config.ts";
import { ACTIVATIONS } from "../activations.ts";
import type { Classes } from "../classes-head.ts";
import { LIMITS } from "../fields.ts";
import { choice, count, firstLayer, key, positive, SIZES, type ValuesOf } from "../keys.ts";
import { attentionHeads } from "../layers/attention-heads.ts";
import { uniformDecoder } from "../layers/uniform.ts";
import type { StoredConfig } from "../stored-config.ts";
import type { NameTable } from "../stored-names.ts";

const { nKvHead: _, ...sizes } = SIZES;

export const BERT_KEYS = {
  ...sizes,
  normEpsilon: key({
    json: "layer_norm_eps",
    gguf: "attention.layer_norm_epsilon",
    kind: positive,
    of: (config) => firstLayer(config).attentionBranch.sum?.epsilon,
  }),
  tokenTypes: key({
    json: "type_vocab_size",
    gguf: ({ tensors }) => tensors.get("token_types.weight")?.shape[0] ?? 0,
    kind: count(LIMITS.width),
    of: ({ embedding }) => embedding.tokenTypes,
  }),
  activation: key({
    json: "hidden_act",
    kind: choice(ACTIVATIONS, "gelu_erf"),
    of: (config) => firstLayer(config).mlp.activation,
  }),
  tied: key({
    json: "tie_word_embeddings",
    kind: {
      read: ({ fields }, name) => fields.flag(name, true),
      json: (tied) => tied,
      gguf: () => undefined,
    },
    of: ({ head }) => head.kind !== "tokens" || head.tied,
  }),
};

export const BERT_DEFAULTS = {
  vocabSize: 30522,
  nLayer: 12,
  nHead: 12,
  nEmbd: 768,
  nInner: 3072,
  nPositions: 512,
  normEpsilon: 1e-12,
  tokenTypes: 2,
  activation: "gelu_erf",
  tied: true,
} as const;

interface BertDifferences {
  readonly family: string;
  /** Of the head that fills masks. RoBERTa's is the exact GELU, whatever the blocks have. */
  readonly headActivation: Activation;
}

/** @param values of which `tokenTypes` 0 stands for no types */
export function bertEncoder(
  values: Omit<ValuesOf<typeof BERT_KEYS>, "tied"> & { readonly tied: boolean },
  stored: StoredConfig,
  { family, headActivation }: BertDifferences,
): DecoderConfig {
  if (stored.format === "huggingface") {
    stored.fields.require("position_embedding_type", ["absolute"]);
    stored.fields.require("is_decoder", [false], "but only encoders of this family are supported");
    stored.fields.require("add_cross_attention", [false]);
  }
  const norm: NormConfig = { kind: "layernorm", epsilon: values.normEpsilon, bias: true };
  const { tokenTypes, tied, activation } = values;
  const causal = uniformDecoder({
    ...values,
    ...attentionHeads(values, stored),
    family,
    norm,
    normPlacement: "sum",
    position: { kind: "learned" },
    gated: false,
    qkvBias: true,
    outputBias: true,
    mlpBias: true,
    activation,
  });
  return {
    ...seeingBothSides(causal),
    embedding: { ...causal.embedding, tokenTypes, norm },
    head: {
      kind: "tokens",
      tied,
      bias: true,
      scale: 1,
      transform: { activation: headActivation, bias: true, norm },
    },
  };
}

/** The same model with every position visible from every other. */
function seeingBothSides(config: DecoderConfig): DecoderConfig {
  const first = firstLayer(config);
  const layer: LayerConfig = { ...first, mixer: { ...attentionOf(first), mask: { kind: "full" } } };
  return { ...config, layers: config.layers.map(() => layer) };
}

/** Classes by the hidden state of the first token: output(activation(dense)). */
export const firstToken = (activation: Activation): Classes => ({
  pooling: "first",
  bias: true,
  transform: { activation, bias: true },
});

/** Names of BERT and RoBERTa. */
export const BERT_NAMES: NameTable = {
  token_embedding: ["embeddings.word_embeddings"],
  position_embedding: ["embeddings.position_embeddings"],
  type_embedding: ["embeddings.token_type_embeddings"],
  embedding_norm: ["embeddings.LayerNorm"],
  "blocks.*.attention.qkv": [
    "encoder.layer.*.attention.self.query",
    "encoder.layer.*.attention.self.key",
    "encoder.layer.*.attention.self.value",
  ],
  "blocks.*.attention.output": ["encoder.layer.*.attention.output.dense"],
  "blocks.*.attention_sum_norm": ["encoder.layer.*.attention.output.LayerNorm"],
  "blocks.*.mlp.up": ["encoder.layer.*.intermediate.dense"],
  "blocks.*.mlp.down": ["encoder.layer.*.output.dense"],
  "blocks.*.mlp_sum_norm": ["encoder.layer.*.output.LayerNorm"],
};
