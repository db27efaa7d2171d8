/**
 * ModernBERT (Warner et al. 2024): norms before the sublayers, gated feed-forward layers, and rotary
 * positions. Most layers see the neighbours of a token alone, and turn by a base of their own.
 */
import type { Activation } from "../../compute/ops/ops.ts";
import type { MaskConfig } from "../../model/attention/score-config.ts";
import type { LayerConfig } from "../../model/config.ts";
import { attentionOf } from "../../model/mixers.ts";
import type { NormConfig } from "../../model/norm-config.ts";
import { ACTIVATIONS } from "../activations.ts";
import { BERT_KEYS } from "../blocks/bert.ts";
import { defineFamily } from "../family.ts";
import { type Fields, LIMITS } from "../fields.ts";
import { choice, count, firstLayer, flag, key, positive, SIZES } from "../keys.ts";
import { attentionHeads } from "../layers/attention-heads.ts";
import { uniformDecoder } from "../layers/uniform.ts";
import type { StoredConfig } from "../stored-config.ts";

const { nKvHead: _, ...sizes } = SIZES;

/** Biases of its linear layers and norms: most files have none. */
const bias = (json: string) => key({ json, kind: flag, of: () => undefined });

/**
 * By name: `layer_types` lists them since version 5 of transformers; before, one layer in some was global.
 */
function isGlobal({ fields }: StoredConfig, layer: number): boolean {
  const listed = fields.list("layer_types");
  if (listed.length === 0) {
    return layer % fields.count("global_attn_every_n_layers", LIMITS.layers, 3) === 0;
  }
  const type = listed[layer];
  if (type === "full_attention" || type === "sliding_attention") return type === "full_attention";
  throw fields.wrong("layer_types", `expected full_attention or sliding_attention for layer ${layer}`);
}

/** Version 5 of transformers writes `rope_parameters`, earlier ones a field for each kind of layer. */
const thetaOf = (fields: Fields, kind: string, older: string, usual: number): number =>
  fields.nested("rope_parameters")?.nested(kind)?.positive("rope_theta", usual) ??
  fields.positive(older, usual);

export const modernbert = defineFamily({
  name: "modernbert",
  className: "ModernBert",
  languageModel: "ForMaskedLM",
  keys: {
    ...sizes,
    normEpsilon: key({
      json: "norm_eps",
      kind: positive,
      of: ({ finalNorm }) => finalNorm?.epsilon,
    }),
    activation: key<Activation>({
      json: "hidden_activation",
      kind: choice(ACTIVATIONS, "gelu_erf"),
      of: (config) => firstLayer(config).mlp.activation,
    }),
    headActivation: key<Activation>({
      json: "classifier_activation",
      kind: choice(ACTIVATIONS, "gelu_erf"),
      of: () => undefined,
    }),
    window: key({
      json: "local_attention",
      kind: count(LIMITS.positions),
      of: () => undefined,
    }),
    normBias: bias("norm_bias"),
    attentionBias: bias("attention_bias"),
    mlpBias: bias("mlp_bias"),
    headBias: bias("classifier_bias"),
    decoderBias: bias("decoder_bias"),
    tied: BERT_KEYS.tied,
  },
  defaults: {
    vocabSize: 50368,
    nLayer: 22,
    nHead: 12,
    nEmbd: 768,
    nInner: 1152,
    nPositions: 8192,
    normEpsilon: 1e-5,
    activation: "gelu_erf",
    headActivation: "gelu_erf",
    window: 128,
    decoderBias: true,
    tied: true,
  },
  tensors: {
    prefix: "model.",
    huggingFace: {
      token_embedding: ["embeddings.tok_embeddings"],
      embedding_norm: ["embeddings.norm"],
      "blocks.*.attention_norm": ["layers.*.attn_norm"],
      "blocks.*.attention.qkv": ["layers.*.attn.Wqkv"],
      "blocks.*.attention.output": ["layers.*.attn.Wo"],
      "blocks.*.mlp_norm": ["layers.*.mlp_norm"],
      "blocks.*.mlp.up": ["layers.*.mlp.Wi"],
      "blocks.*.mlp.down": ["layers.*.mlp.Wo"],
      final_norm: ["final_norm"],
      head_transform: ["head.dense"],
      head_norm: ["head.norm"],
      head: ["decoder"],
    },
    classes: { head: ["classifier"] },
    gguf: {},
  },
  decoder(values, stored) {
    const { fields } = stored;
    const norm: NormConfig = { kind: "layernorm", epsilon: values.normEpsilon, bias: values.normBias };
    const heads = attentionHeads(values, stored);
    const rotary = (theta: number) =>
      ({ kind: "rotary", theta, dims: heads.headDim, scaling: { kind: "none" } }) as const;
    const uniform = uniformDecoder({
      ...values,
      ...heads,
      family: "modernbert",
      norm,
      normPlacement: "before",
      position: rotary(thetaOf(fields, "full_attention", "global_rope_theta", 160_000)),
      gated: true,
      qkvBias: values.attentionBias,
      outputBias: values.attentionBias,
    });
    const layer = firstLayer(uniform);
    const attention = attentionOf(layer);
    const seeing = (mask: MaskConfig, position = attention.position): LayerConfig => ({
      ...layer,
      mixer: { ...attention, mask, position },
    });
    const far = seeing({ kind: "full" });
    const size = Math.floor(values.window / 2);
    const near = seeing(
      { kind: "band", size },
      rotary(thetaOf(fields, "sliding_attention", "local_rope_theta", 10_000)),
    );
    /** The norm of the embedding is that of the first layer. */
    const unnormed = (layer: LayerConfig) => ({ ...layer, attentionBranch: { scale: 1 } });
    return {
      ...uniform,
      embedding: { ...uniform.embedding, norm },
      layers: uniform.layers.map((_, i) => {
        const layer = isGlobal(stored, i) ? far : near;
        return i === 0 ? unnormed(layer) : layer;
      }),
      head: {
        kind: "tokens",
        tied: values.tied,
        bias: values.decoderBias,
        scale: 1,
        transform: { activation: values.headActivation, bias: values.headBias, norm },
      },
    };
  },
  classes({ head }, { fields }) {
    const pooling = fields.text("classifier_pooling", "cls");
    if (pooling !== "cls" && pooling !== "mean")
      throw fields.wrong("classifier_pooling", "expected cls or mean");
    return {
      pooling: pooling === "cls" ? "first" : "mean",
      bias: true,
      ...(head.kind === "tokens" && { transform: head.transform }),
    };
  },
});
