/**
 * The layers of BART (Lewis et al. 2020) and its kin: an encoder and a decoder with biases everywhere. They
 * differ in the places of the norms and in the positions. llama.cpp has no architecture for them.
 */
import type { DecoderConfig, EmbeddingConfig } from "../../model/config.ts";
import { encoderOf, withEncoder } from "../encoder-decoder.ts";
import { defineFamily, type Family } from "../family.ts";
import { LIMITS } from "../fields.ts";
import { count, firstAttention, firstLayer, flag, key, SIZES, TIED } from "../keys.ts";
import { type UniformDecoder, uniformDecoder } from "../layers/uniform.ts";
import type { NameTable, StoredModules } from "../stored-names.ts";
import { activationKey } from "./layer-norm.ts";

/** In what one of them differs from another. */
interface BartKind {
  readonly name: string;
  readonly className: string;
  readonly tokenizerClass: string;
  /** Norms of the residual sums, or of the inputs of sublayers with one behind the last layer. */
  readonly normPlacement: "sum" | "before";
  readonly normsEmbedding: boolean;
  readonly positions: "learned" | "halves" | "halves from 2";
  /** Logits have a bias in the file. */
  readonly headBias: boolean;
  readonly startId: number;
  readonly padId: number;
  readonly activation: "gelu_erf" | "relu";
  readonly scaled: boolean;
  readonly vocabSize: number;
}

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

/** Each norm has one name, wherever it stands. */
const norms = (canonical: string, sublayer: string, module: string): NameTable => ({
  [`${canonical}${sublayer}_sum_norm`]: [module],
  [`${canonical}${sublayer}_norm`]: [module],
});

function side(name: "encoder" | "decoder", canonical: string): NameTable {
  const layer = `${name}.layers.*`;
  const own = `${layer}.self_attn`;
  return {
    [`${canonical}position_embedding`]: [{ module: `${name}.embed_positions`, skippedRows: SKIPPED }],
    [`${canonical}embedding_norm`]: [`${name}.layernorm_embedding`],
    [`${canonical}blocks.*.attention.qkv`]: [`${own}.q_proj`, `${own}.k_proj`, `${own}.v_proj`],
    [`${canonical}blocks.*.attention.output`]: [`${own}.out_proj`],
    ...norms(canonical, "blocks.*.attention", `${own}_layer_norm`),
    [`${canonical}blocks.*.mlp.up`]: [`${layer}.fc1`],
    [`${canonical}blocks.*.mlp.down`]: [`${layer}.fc2`],
    ...norms(canonical, "blocks.*.mlp", `${layer}.final_layer_norm`),
    [`${canonical}final_norm`]: [`${name}.layer_norm`],
  };
}

const CROSS = "decoder.layers.*.encoder_attn";

const KEYS = {
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
};

/** A family of the kin. */
export const defineBart = (kind: BartKind): Family =>
  defineFamily({
    name: kind.name,
    className: kind.className,
    languageModel: "ForConditionalGeneration",
    isEncoderDecoder: true,
    tokenizerClass: kind.tokenizerClass,
    keys: KEYS,
    defaults: {
      vocabSize: kind.vocabSize,
      nPositions: 1024,
      nEmbd: 1024,
      nLayer: 12,
      nHead: 16,
      nInner: 4096,
      encoderLayers: 12,
      encoderHeads: 16,
      encoderInner: 4096,
      scaled: kind.scaled,
      startId: kind.startId,
      tied: true,
      activation: kind.activation,
    },
    constants: { is_encoder_decoder: true, pad_token_id: kind.padId },
    tensors: {
      prefix: "model.",
      huggingFace: {
        token_embedding: ["shared"],
        ...side("encoder", "encoder."),
        ...side("decoder", ""),
        "blocks.*.cross.query": [`${CROSS}.q_proj`],
        "blocks.*.cross.keys_values": [`${CROSS}.k_proj`, `${CROSS}.v_proj`],
        "blocks.*.cross.output": [`${CROSS}.out_proj`],
        ...norms("", "blocks.*.cross", `${CROSS}_layer_norm`),
        head: [{ module: "final_logits", bare: true, vectorRows: () => 1 }] as StoredModules,
      },
      gguf: {},
    },
    decoder(values, stored) {
      const { nEmbd, nHead, scaled, startId, tied } = values;
      for (const field of ["normalize_before", "add_final_layer_norm", "normalize_embedding"]) {
        stored.fields.require(field, [usualField(kind, field)]);
      }
      stored.fields.require("share_encoder_decoder_embeddings", [true]);
      if (!tied) throw stored.wrong("tied", "which is not supported");
      for (const heads of ["nHead", "encoderHeads"] as const) {
        if (nEmbd % values[heads] !== 0) throw stored.wrong(heads, `but ${nEmbd} is no multiple of it`);
      }
      const norm = { kind: "layernorm", epsilon: EPSILON, bias: true } as const;
      const shape: UniformDecoder = {
        ...values,
        family: kind.name,
        nKvHead: nHead,
        headDim: nEmbd / nHead,
        norm,
        normPlacement: kind.normPlacement,
        position: { kind: kind.positions === "learned" ? "learned" : "sinusoidal" },
        ...(kind.normsEmbedding && { embeddingNorm: norm }),
        gated: false,
        qkvBias: true,
        outputBias: true,
        mlpBias: true,
        headBias: kind.headBias,
        multipliers: { embedding: scaled ? Math.sqrt(nEmbd) : 1 },
      };
      const { encoderLayers: nLayer, encoderHeads: count, encoderInner: nInner } = values;
      const own = { nLayer, nHead: count, nKvHead: count, headDim: nEmbd / count, nInner };
      const body = uniformDecoder({ ...shape, ...own, mask: { kind: "full" } });
      const placed = (config: DecoderConfig) => ({
        ...config,
        embedding: { ...config.embedding, ...sinusoidsOf(kind, nEmbd) },
      });
      return withEncoder(placed(uniformDecoder(shape)), placed(body), startId);
    },
  });

/** Fields of BART's first files that say what the class fixes today. */
const usualField = ({ normPlacement, normsEmbedding }: BartKind, field: string): boolean => {
  if (field === "normalize_embedding") return normsEmbedding;
  return normPlacement === "before";
};

/** Sines lie before cosines; the frequencies of M2M100 end at 1 / 10000, and its positions begin at 2. */
function sinusoidsOf({ positions }: BartKind, width: number): Pick<EmbeddingConfig, "sinusoids"> {
  if (positions === "learned") return {};
  const half = Math.floor(width / 2);
  return {
    sinusoids: positions === "halves" ? { first: 0, steps: half } : { first: SKIPPED, steps: half - 1 },
  };
}
