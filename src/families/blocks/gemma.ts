/**
 * The block of Gemma (Gemma Team 2024): the block of Llama with scaled embeddings, norms that multiply by 1 +
 * weight, and a gate through GELU.
 */
import type { Activation } from "../../compute/ops/ops.ts";
import type { DecoderConfig } from "../../model/config.ts";
import { attentionsOf } from "../../model/mixers.ts";
import { ACTIVATIONS } from "../activations.ts";
import { choice, ggufOnly, type Key, type Kind, key, positive, type ValuesOf } from "../keys.ts";
import { SLIDING_WINDOW, slidingLayersKey } from "../layers/layer-types.ts";
import { shortest } from "../shortest.ts";
import type { StoredConfig } from "../stored-config.ts";
import type { NameTable } from "../stored-names.ts";
import {
  BIAS_KEYS,
  BLOCK_KEYS,
  biasesOf,
  LLAMA_NAMES,
  type LlamaDifferences,
  llamaDecoder,
} from "./llama.ts";

const GELU: ReadonlyMap<string, Activation> = new Map([
  ["gelu_pytorch_tanh", "gelu_tanh"],
  ["gelu_new", "gelu_tanh"],
  ...ACTIVATIONS,
]);

/**
 * `hidden_activation`; or `hidden_act` of the first files, which say "gelu" and mean the tanh form that their
 * authors computed.
 */
const activation = key<Activation>({
  ...BLOCK_KEYS.activation,
  json: "hidden_activation",
  gguf: "hidden_activation",
  kind: {
    ...choice(GELU, "gelu_tanh"),
    read(stored, name) {
      if (stored.format === "gguf" || stored.fields.has(name)) {
        return choice(GELU, "gelu_tanh").read(stored, name, "gelu_tanh");
      }
      const found = choice(GELU, "gelu_tanh").read(stored, "hidden_act", "gelu_tanh");
      return found === "gelu_erf" ? "gelu_tanh" : found;
    },
  },
});

export const GEMMA_KEYS = { ...BLOCK_KEYS, ...BIAS_KEYS, activation };

export const GEMMA_DEFAULTS = {
  vocabSize: 256_000,
  nPositions: 8192,
  headDim: 256,
  normEpsilon: 1e-6,
  activation: "gelu_tanh",
  tied: true,
} as const;

/** The scores are divided by the root of this number. GGUF stores the factor, if it is not the usual one. */
const scoresKey = (usual: (stored: StoredConfig) => number): Key<number> =>
  key({
    json: "query_pre_attn_scalar",
    gguf: "attention.scale",
    kind: {
      read: (stored, name, absent) => {
        if (stored.format === "huggingface") return stored.fields.positive(name, absent);
        return stored.fields.has(name) ? stored.fields.positive(name) ** -2 : usual(stored);
      },
      json: (scalar) => scalar,
      gguf: (scalar) => positive.gguf(scalar ** -0.5),
    },
    of: (config) =>
      shortest(
        attentionsOf(config)[0]?.scale ?? 1,
        (scalar) => scalar ** -0.5,
        (scale) => scale ** -2,
      ),
  });

/**
 * The number where a GGUF file does not say it: the size of a head; in the largest model of a family the
 * share of a head in the width.
 *
 * @param layers of the largest model
 */
const usualScalar =
  (layers: number) =>
  ({ fields }: StoredConfig): number => {
    const [width, heads] = ["embedding_length", "attention.head_count"].map((name) => fields.positive(name));
    const share = (width ?? 0) / (heads ?? 1);
    return fields.value("block_count") === layers ? share : fields.positive("attention.key_length", share);
  };

/** A bound, null for none. @param usual of a GGUF file without the key */
export const softCap = (usual?: number): Kind<number | undefined> => ({
  read: ({ fields, format }, name, absent) => {
    if (fields.is(name, null)) return undefined;
    if (fields.has(name)) return fields.positive(name);
    return format === "gguf" ? usual : absent;
  },
  json: (value) => value ?? null,
  gguf: (value) => (value === undefined ? undefined : positive.gguf(value)),
});

const SCORE_CAP: Pick<Key<number | undefined>, "json" | "gguf" | "of"> = {
  json: "attn_logit_softcapping",
  gguf: "attn_logit_softcapping",
  of: (config) => attentionsOf(config)[0]?.softCap,
};

export const LOGIT_CAP: Pick<Key<number | undefined>, "json" | "gguf" | "of"> = {
  json: "final_logit_softcapping",
  gguf: "final_logit_softcapping",
  of: ({ head }) => (head.kind === "tokens" ? head.softCap : undefined),
};

/**
 * Keys of Gemma 2 and 3.
 *
 * @param layersOf27B llama.cpp knows the model of 27B, whose scores have another factor, by its number of
 *   layers
 * @param period of the layers that see all positions
 * @param caps bounds that a GGUF file has without naming them
 */
export const gemma2Keys = (
  layersOf27B: number,
  period: number,
  caps: { readonly scores?: number; readonly logits?: number } = {},
) => ({
  ...GEMMA_KEYS,
  mlpBias: ggufOnly(GEMMA_KEYS.mlpBias),
  window: SLIDING_WINDOW,
  slidingLayers: slidingLayersKey(period),
  scores: scoresKey(usualScalar(layersOf27B)),
  scoreCap: key({ ...SCORE_CAP, kind: softCap(caps.scores) }),
  logitCap: key({ ...LOGIT_CAP, kind: softCap(caps.logits) }),
});

export const GEMMA2_DEFAULTS = {
  ...GEMMA_DEFAULTS,
  nLayer: 26,
  nEmbd: 2304,
  nHead: 8,
  nKvHead: 4,
  nInner: 9216,
  mlpBias: false,
  window: 4096,
  scores: 256,
} as const;

type GemmaDifferences = Omit<LlamaDifferences, "qkvBias" | "outputBias" | "mlpBias">;

export const gemmaDecoder = (
  values: ValuesOf<typeof GEMMA_KEYS>,
  stored: StoredConfig,
  { multipliers, ...differences }: GemmaDifferences,
): DecoderConfig =>
  llamaDecoder(values, stored, {
    ...biasesOf(values),
    ...differences,
    multipliers: { embedding: Math.sqrt(values.nEmbd), ...multipliers },
  });

const less = (module: string) => [{ module, less: 1 }] as const;

export const GEMMA_NAMES: NameTable = {
  ...LLAMA_NAMES,
  "blocks.*.attention_norm": less("layers.*.input_layernorm"),
  "blocks.*.mlp_norm": less("layers.*.post_attention_layernorm"),
  final_norm: less("norm"),
};

/** Names of a block with norms of queries and keys, and with norms before and after each sublayer. */
export const GEMMA2_NAMES: NameTable = {
  ...GEMMA_NAMES,
  "blocks.*.attention.query_norm": less("layers.*.self_attn.q_norm"),
  "blocks.*.attention.key_norm": less("layers.*.self_attn.k_norm"),
  "blocks.*.attention_output_norm": less("layers.*.post_attention_layernorm"),
  "blocks.*.mlp_norm": less("layers.*.pre_feedforward_layernorm"),
  "blocks.*.mlp_output_norm": less("layers.*.post_feedforward_layernorm"),
};
