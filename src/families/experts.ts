/** Mixtures of experts in both formats: their keys, their stored names, and the layers that have them. */
import type { DecoderConfig, ExpertsMlp, LayerConfig, RoutingConfig } from "../model/config.ts";
import { LIMITS } from "./fields.ts";
import { count, key } from "./keys.ts";
import type { StoredConfig } from "./stored-config.ts";
import type { NameTable } from "./stored-names.ts";

/** Experts of all layers: ten times those of the largest models. */
const MOST_EXPERTS = 2 ** 18;

/** The first mixture of a decoder. */
export const mixtureIn = ({ layers }: DecoderConfig): ExpertsMlp | undefined =>
  layers.flatMap(({ mlp }) => (mlp.kind === "experts" ? [mlp] : []))[0];

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

/** Numbers of experts of a family. */
interface ExpertCounts {
  readonly nExperts: number;
  readonly nActive: number;
}

/**
 * The decoder with mixtures in place of the feed-forward layers of some layers.
 *
 * @param mixture of a layer with this feed-forward layer
 * @throws GptError `invalid-file` for more active experts than there are, and for too many
 */
export function withExperts(
  decoder: DecoderConfig,
  { nExperts, nActive }: ExpertCounts,
  stored: StoredConfig,
  mixture: Omit<ExpertsMlp, "kind" | "count" | "active">,
  isMixture: (layer: number) => boolean = () => true,
): DecoderConfig {
  if (nActive > nExperts)
    throw stored.wrong("nActive", `expected at most the number of experts, ${nExperts}`);
  if (nExperts * decoder.layers.length > MOST_EXPERTS) {
    throw stored.wrong("nExperts", `expected at most ${MOST_EXPERTS} in all layers together`);
  }
  const mlp: ExpertsMlp = { kind: "experts", count: nExperts, active: nActive, ...mixture };
  const changed = new Map<LayerConfig, LayerConfig>();
  const layers = decoder.layers.map((layer, i) => {
    if (!isMixture(i)) return layer;
    const known = changed.get(layer) ?? { ...layer, mlp };
    changed.set(layer, known);
    return known;
  });
  return { ...decoder, layers };
}

/** Softmax over all experts, and the weights of the chosen ones divided by their sum (Mixtral). */
export const SOFTMAX_ROUTING: RoutingConfig = {
  scores: "softmax",
  logitScale: 1,
  bias: false,
  correction: false,
  normalize: { epsilon: 0 },
  weightScale: 1,
  expertScales: false,
  weighs: "output",
};

/** Tensors of mixtures as llama.cpp names them: a tensor holds a matrix of all experts. */
export const GGUF_EXPERT_NAMES: NameTable = {
  "blocks.*.mlp.router": ["blk.*.ffn_gate_inp"],
  "blocks.*.mlp.router_correction": ["blk.*.exp_probs_b"],
  "blocks.*.mlp.experts.up": ["blk.*.ffn_gate_exps", "blk.*.ffn_up_exps"],
  "blocks.*.mlp.experts.down": ["blk.*.ffn_down_exps"],
  "blocks.*.mlp.shared.up": ["blk.*.ffn_gate_shexp", "blk.*.ffn_up_shexp"],
  "blocks.*.mlp.shared.down": ["blk.*.ffn_down_shexp"],
  "blocks.*.mlp.shared_gate": ["blk.*.ffn_gate_inp_shexp"],
};
