/**
 * T5 (Raffel et al. 2020), T5 1.1 and Flan-T5 (Chung et al. 2022), whose MLP is gated, and mT5 (Xue et al.
 * 2021).
 */
import type { Activation } from "../../compute/ops/ops.ts";
import type { DecoderConfig, LayerConfig } from "../../model/config.ts";
import { ACTIVATIONS } from "../activations.ts";
import { T5_GGUF_NAMES, T5_NAMES } from "../blocks/t5-names.ts";
import { encoderOf, withEncoder } from "../encoder-decoder.ts";
import { defineFamily } from "../family.ts";
import { LIMITS } from "../fields.ts";
import {
  choice,
  count,
  firstAttention,
  firstLayer,
  flag,
  key,
  optionalCount,
  positive,
  SIZES,
  TIED,
} from "../keys.ts";
import { type UniformDecoder, uniformDecoder } from "../layers/uniform.ts";

type Activated = Activation | `gated ${Activation}`;

/** GELU is the exact one without a gate, and the tanh one with a gate. */
const ACTIVATED: ReadonlyMap<string, Activated> = new Map<string, Activated>([
  ...ACTIVATIONS,
  ...[...ACTIVATIONS].map(([name, activation]) => [`gated-${name}`, `gated ${activation}`] as const),
  ["gated-gelu", "gated gelu_tanh"],
]);

/** Distance from which all share a bucket. GGUF has no key for it: llama.cpp computes with this one. */
const MAX_DISTANCE = 128;

/** Distances beyond the last bucket share it: a text may be longer than those of the training. */
const POSITIONS = 2 ** 15;

const relativeOf = (config: DecoderConfig) => {
  const { scoreBias } = firstAttention(config);
  return scoreBias.kind === "relative" ? scoreBias : undefined;
};

const KEYS = {
  ...SIZES,
  nLayer: key({ ...SIZES.nLayer, json: "num_layers", of: (config) => encoderOf(config).layers.length }),
  nDecoderLayer: key({
    json: "num_decoder_layers",
    gguf: "decoder_block_count",
    kind: optionalCount(LIMITS.layers),
    of: ({ layers }) => layers.length,
  }),
  nEmbd: { ...SIZES.nEmbd, json: "d_model" },
  nInner: { ...SIZES.nInner, json: "d_ff" },
  nHead: { ...SIZES.nHead, json: "num_heads" },
  headDim: key({
    json: "d_kv",
    gguf: "attention.key_length",
    kind: count(LIMITS.width),
    of: (config) => firstAttention(config).headDim,
  }),
  valueDim: key({
    gguf: "attention.value_length",
    kind: optionalCount(LIMITS.width),
    of: (config) => firstAttention(config).valueDim,
  }),
  trainedPositions: key({ gguf: "context_length", kind: optionalCount(LIMITS.positions), of: () => 512 }),
  buckets: key({
    json: "relative_attention_num_buckets",
    gguf: "attention.relative_buckets_count",
    kind: count(2 ** 12, 4),
    of: (config) => relativeOf(config)?.buckets,
  }),
  maxDistance: key({
    json: "relative_attention_max_distance",
    kind: count(2 ** 16),
    of: (config) => relativeOf(config)?.maxDistance,
  }),
  normEpsilon: key({
    json: "layer_norm_epsilon",
    gguf: "attention.layer_norm_rms_epsilon",
    kind: positive,
    of: ({ finalNorm }) => finalNorm?.epsilon,
  }),
  startId: key({
    json: "decoder_start_token_id",
    gguf: "decoder_start_token_id",
    kind: count(LIMITS.vocabulary, 0),
    of: ({ encoder }) => encoder?.startId,
  }),
  tied: TIED,
  /**
   * Whether the states are divided by the root of the width before the head. Default: if the head is tied.
   */
  dividesStates: key<boolean | undefined>({
    json: "scale_decoder_outputs",
    kind: {
      read: ({ fields }, name, absent) => (fields.has(name) ? fields.flag(name, true) : absent),
      json: (value) => value ?? null,
      gguf: () => undefined,
    },
    of: ({ head }) => head.kind === "tokens" && head.scale !== 1,
  }),
  /** Relative biases of each layer (UMT5). */
  perLayer: key({
    gguf: ({ tensors }) => ["enc", "dec"].some((side) => tensors.has(`${side}.blk.1.attn_rel_b.weight`)),
    kind: flag,
    of: () => undefined,
  }),
  activation: key<Activated>({
    json: "feed_forward_proj",
    gguf: ({ tensors }) => (tensors.has("enc.blk.0.ffn_gate.weight") ? "gated gelu_tanh" : "relu"),
    kind: choice(ACTIVATED, "relu"),
    of: (config) => activatedOf(firstLayer(config)),
  }),
};

const { nPositions: _, nKvHead: __, ...T5_KEYS } = KEYS;

const activatedOf = ({ mlp }: LayerConfig): Activated =>
  mlp.gated ? `gated ${mlp.activation}` : mlp.activation;

/** llama.cpp tells them by the gate alone. */
const GGUF_ACTIVATIONS: ReadonlySet<Activated> = new Set(["relu", "gated gelu_tanh"]);

export const t5 = defineFamily({
  name: "t5",
  className: "T5",
  languageModel: "ForConditionalGeneration",
  isEncoderDecoder: true,
  tokenizerClass: "T5Tokenizer",
  architecture: "t5",
  keys: T5_KEYS,
  defaults: {
    vocabSize: 32128,
    nLayer: 6,
    nEmbd: 512,
    nHead: 8,
    headDim: 64,
    nInner: 2048,
    buckets: 32,
    maxDistance: MAX_DISTANCE,
    normEpsilon: 1e-6,
    startId: 0,
    tied: true,
    perLayer: false,
    activation: "relu",
  },
  constants: { is_encoder_decoder: true, pad_token_id: 0 },
  tensors: {
    prefix: "",
    huggingFace: T5_NAMES,
    gguf: T5_GGUF_NAMES,
  },
  decoder(values, stored) {
    const { nLayer, nDecoderLayer = nLayer, startId, activation, buckets, maxDistance, nEmbd } = values;
    const { perLayer } = values;
    const [function_, gated] = partsOf(activation);
    const { format, tensors, headTensor = "" } = stored;
    const hasHead = format === "gguf" || tensors.size === 0 || tensors.has(headTensor);
    // Version 5 of transformers ties every head. The field says then whether the states are divided alone.
    const tied = values.tied || !hasHead;
    const { dividesStates = perLayer ? tied : values.tied } = values;
    const shape: UniformDecoder = {
      ...values,
      tied,
      family: perLayer ? "umt5" : "t5",
      nKvHead: values.nHead,
      nPositions: POSITIONS,
      norm: { kind: "rmsnorm", epsilon: values.normEpsilon, bias: false },
      normPlacement: "before",
      position: { kind: "none" },
      scoreBias: { kind: "relative", buckets, maxDistance, ...(perLayer && { perLayer: true as const }) },
      activation: function_,
      gated,
      qkvBias: false,
      outputBias: false,
      mlpBias: false,
      multipliers: { scores: 1, logits: dividesStates ? nEmbd ** -0.5 : 1 },
    };
    const body = uniformDecoder({ ...shape, mask: { kind: "full" } });
    return withEncoder(uniformDecoder({ ...shape, nLayer: nDecoderLayer }), body, startId);
  },
  ggufLacks(config) {
    const { head } = config;
    if (!GGUF_ACTIVATIONS.has(activatedOf(firstLayer(config)))) return "a t5 with another activation";
    if (relativeOf(config)?.maxDistance !== MAX_DISTANCE) {
      return `a t5 whose relative_attention_max_distance is not ${MAX_DISTANCE}`;
    }
    const isUsual = head.kind !== "tokens" || head.tied === (head.scale !== 1);
    return isUsual ? undefined : "a t5 whose states are divided otherwise";
  },
});

function partsOf(activated: Activated): readonly [Activation, boolean] {
  const gated = activated.startsWith("gated ");
  return [(gated ? activated.slice("gated ".length) : activated) as Activation, gated];
}

/** A T5 in all but the defaults of its config. Its states are not divided. */
export const mt5 = defineFamily({
  ...t5,
  name: "mt5",
  className: "MT5",
  defaults: {
    ...t5.defaults,
    dividesStates: false,
    vocabSize: 250_112,
    nLayer: 8,
    nHead: 6,
    nInner: 1024,
    tied: false,
    activation: "gated gelu_tanh",
  },
});

/** UMT5 (Chung et al. 2023): an mT5 whose layers have relative biases of their own. */
export const umt5 = defineFamily({
  ...mt5,
  name: "umt5",
  className: "UMT5",
  defaults: { ...mt5.defaults, dividesStates: undefined, perLayer: true },
});

/** llama.cpp's name for the encoder of a T5 alone, which embeds texts. */
export const t5Encoder = defineFamily({
  ...t5,
  name: "t5encoder",
  className: "T5Encoder",
  architecture: "t5encoder",
  storesEncoder: true,
});
