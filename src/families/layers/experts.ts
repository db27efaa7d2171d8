/** Mixtures of experts in both formats: the layers that have them, and their routing. */
import type {
  DecoderConfig,
  ExpertsMlp,
  FeedForward,
  LayerConfig,
  RoutingConfig,
} from "../../model/config.ts";
import type { ValuesOf } from "../keys.ts";
import type { StoredConfig } from "../stored-config.ts";
import type { SIGMOID_KEYS } from "./expert-keys.ts";

/** Experts of all layers: ten times those of the largest models. */
const MOST_EXPERTS = 2 ** 18;

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

/** Softmax over all experts; the scores of the chosen ones are their weights. */
export const SOFTMAX_ROUTING: RoutingConfig = {
  scores: "softmax",
  logitScale: 1,
  bias: false,
  correction: false,
  weightScale: 1,
  expertScales: false,
  weighs: "output",
};

/** Weights are divided by their sum: the softmax over the chosen experts (Mixtral). */
export const SOFTMAX_OF_CHOSEN: RoutingConfig = { ...SOFTMAX_ROUTING, normalize: { epsilon: 0 } };

/** Sigmoids, with a correction for the choice, divided by their sum (DeepSeek-V3). */
export const SIGMOID_ROUTING: RoutingConfig = {
  ...SOFTMAX_ROUTING,
  scores: "sigmoid",
  correction: true,
  normalize: { epsilon: 1e-20 },
};

/** Routing by sigmoids with the values of a file. */
export function sigmoidRouting(
  values: Omit<ValuesOf<typeof SIGMOID_KEYS>, "gating"> & ExpertCounts,
  stored: StoredConfig,
): RoutingConfig {
  const { nExperts, nActive, nGroups, nChosenGroups, normalizes, weightScale } = values;
  const { normalize, ...routing } = SIGMOID_ROUTING;
  if (nExperts % nGroups !== 0)
    throw stored.wrong("nGroups", `expected a divisor of the experts, ${nExperts}`);
  if (nChosenGroups > nGroups || (nExperts / nGroups) * nChosenGroups < nActive) {
    throw stored.wrong("nChosenGroups", `expected groups of ${nGroups} with at least ${nActive} experts`);
  }
  return {
    ...routing,
    weightScale,
    ...(normalizes && normalize && { normalize }),
    ...(nGroups > 1 && { groups: { count: nGroups, chosen: nChosenGroups, best: 2 } }),
  };
}

/** Shared experts of the size of the others. */
export const sharedExperts = (number: number, expert: FeedForward): Pick<ExpertsMlp, "shared"> =>
  number === 0 ? {} : { shared: { ...expert, nInner: number * expert.nInner, gate: false } };
