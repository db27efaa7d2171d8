/** Keys of mixtures of experts in both formats. */
import { ggufValue } from "../../checkpoint/gguf/entries.ts";
import type { DecoderConfig, DenseMlp, ExpertsMlp } from "../../model/config.ts";
import { LIMITS } from "../fields.ts";
import { count, flag, type Key, type Kind, key, positive, SIZES } from "../keys.ts";

/** The first mixture of a decoder. */
export const mixtureIn = ({ layers }: DecoderConfig): ExpertsMlp | undefined =>
  layers.flatMap(({ mlp }) => (mlp.kind === "experts" ? [mlp] : []))[0];

/** The first feed-forward layer of a decoder that is no mixture. */
const denseIn = ({ layers }: DecoderConfig): DenseMlp | undefined =>
  layers.flatMap(({ mlp }) => (mlp.kind === "dense" ? [mlp] : []))[0];

/** Layers without a mixture. */
const denseLayers = ({ layers }: DecoderConfig): number[] =>
  layers.flatMap(({ mlp }, i) => (mlp.kind === "dense" ? [i] : []));

/** Numbers of experts, by the names of Mixtral. */
export const EXPERT_KEYS = {
  nExperts: key({
    json: "num_local_experts",
    gguf: "expert_count",
    kind: count(LIMITS.experts),
    of: (config) => mixtureIn(config)?.count,
  }),
  nActive: key({
    json: "num_experts_per_tok",
    gguf: "expert_used_count",
    kind: count(LIMITS.experts),
    of: (config) => mixtureIn(config)?.active,
  }),
};

/** Width of a feed-forward layer that is no mixture. A model without one needs any width in its files. */
export const DENSE_INNER = key({
  ...SIZES.nInner,
  of: (config) => denseIn(config)?.nInner ?? mixtureIn(config)?.nInner,
});

/** Width of an expert. */
export const EXPERT_INNER = key({
  json: "moe_intermediate_size",
  gguf: "expert_feed_forward_length",
  kind: count(LIMITS.width),
  of: (config) => mixtureIn(config)?.nInner,
});

/** Layers before the first mixture. */
export const LEADING_DENSE = key({
  json: "first_k_dense_replace",
  gguf: "leading_dense_block_count",
  kind: count(LIMITS.layers, 0),
  of: ({ layers }) => {
    const first = layers.findIndex(({ mlp }) => mlp.kind === "experts");
    return first < 0 ? layers.length : first;
  },
});

/** Number of the dense layers before the mixtures; undefined if dense ones come behind a mixture. */
export function leadingDense({ layers }: DecoderConfig): number | undefined {
  const first = layers.findIndex(({ mlp }) => mlp.kind === "experts");
  if (first < 0) return layers.length;
  return layers.slice(first).every(({ mlp }) => mlp.kind === "experts") ? first : undefined;
}

/** Whether each layer has a mixture, in a list of words; undefined: the leading ones have none. */
export const MIXTURE_LAYERS = key<readonly boolean[] | undefined>({
  json: "mlp_layer_types",
  kind: {
    read({ fields }, name) {
      if (!fields.has(name)) return undefined;
      const words = fields.list(name);
      const isWord = (word: unknown) => word === "sparse" || word === "dense";
      const nLayer = fields.count("num_hidden_layers", LIMITS.layers);
      if (words.length === nLayer && words.every(isWord)) return words.map((word) => word === "sparse");
      throw fields.wrong(name, `expected a list of ${nLayer} words, sparse or dense`);
    },
    json: (layers = []) => layers.map((is) => (is ? "sparse" : "dense")),
    gguf: () => undefined,
  },
  of: (config) =>
    leadingDense(config) === undefined ? config.layers.map(({ mlp }) => mlp.kind === "experts") : undefined,
});

/** Experts that every row goes through. They are one feed-forward layer as wide as all together. */
export const SHARED_COUNT = key({
  json: "n_shared_experts",
  gguf: "expert_shared_count",
  kind: count(LIMITS.experts, 0),
  of: (config) => sharedCount(mixtureIn(config)),
});

const sharedCount = (mixture?: ExpertsMlp): number =>
  mixture?.shared === undefined ? 0 : mixture.shared.nInner / mixture.nInner;

const factor: Kind<number> = {
  ...positive,
  read: ({ fields }, name, absent = 1) => (fields.is(name, 0) ? 1 : fields.positive(name, absent)),
};

const groupCount: Kind<number> = {
  ...count(LIMITS.experts),
  read: ({ fields }, name, absent = 1) => fields.count(name, LIMITS.experts, absent),
};

/** Weights and groups of the routing by sigmoids, by the names of DeepSeek-V3. */
export const SIGMOID_KEYS = {
  weightScale: key({
    json: "routed_scaling_factor",
    gguf: "expert_weights_scale",
    kind: factor,
    of: (config) => mixtureIn(config)?.routing.weightScale,
  }),
  normalizes: key({
    json: "norm_topk_prob",
    gguf: "expert_weights_norm",
    kind: flag,
    of: (config) => mixtureIn(config)?.routing.normalize !== undefined,
  }),
  nGroups: key({
    json: "n_group",
    gguf: "expert_group_count",
    kind: groupCount,
    of: (config) => mixtureIn(config) && (mixtureIn(config)?.routing.groups?.count ?? 1),
  }),
  nChosenGroups: key({
    json: "topk_group",
    gguf: "expert_group_used_count",
    kind: groupCount,
    of: (config) => mixtureIn(config) && (mixtureIn(config)?.routing.groups?.chosen ?? 1),
  }),
  /** GGUF numbers the functions of the logits: 2 is the sigmoid. */
  gating: key({
    gguf: "expert_gating_func",
    kind: {
      read: ({ fields }, name) =>
        fields.require(name, [0, 2], "which is not supported: expected 2, the sigmoid"),
      json: () => null,
      gguf: () => ggufValue.uint32(2),
    },
    of: (config) => mixtureIn(config) && null,
  } as Key<unknown>),
};

/**
 * Numbers of the layers without a mixture: those of a list, and all whose number is no multiple of a step.
 */
export const DENSE_LAYERS = key<readonly number[]>({
  json: "mlp_only_layers",
  gguf: () => [],
  kind: {
    read({ fields }, name) {
      const list = fields.list(name);
      const step = fields.count("decoder_sparse_step", LIMITS.layers, 1);
      const nLayer = fields.count("num_hidden_layers", LIMITS.layers);
      return Array.from({ length: nLayer }, (_, i) => i).filter(
        (i) => list.includes(i) || (i + 1) % step !== 0,
      );
    },
    json: (layers) => [...layers],
    gguf: () => undefined,
  },
  of: denseLayers,
});

/** Files of llama.cpp have mixtures in all layers. */
export const ggufLacksDenseLayers = (config: DecoderConfig): string | undefined =>
  denseLayers(config).length > 0 ? `${config.family} models with layers without experts` : undefined;
