/**
 * Layers that lie in the same bank: those that read the keys and values of another (Gemma 3n), and that one.
 */
import { kvCacheBytes } from "../../compute/memory/kv-shape.ts";
import type { LayerConfig } from "../../model/config.ts";
import { type SessionPlan, weightBytes } from "../memory-plan.ts";
import type { WeightsPlan } from "../plan.ts";
import type { ResolvedWeight } from "../resolve.ts";

export interface LayerGroup {
  /** Number of its first layer. */
  readonly first: number;
  readonly count: number;
  /** Bytes of its weights and of its caches for a session of full length. */
  readonly bytes: number;
  readonly cacheBytes: number;
}

export function layerGroups(
  { config, contextSize, kvShape }: SessionPlan,
  { weights, dtypeOf }: Pick<WeightsPlan, "weights" | "dtypeOf">,
): LayerGroup[] {
  const byLayer = new Map<number | undefined, ResolvedWeight[]>();
  for (const weight of weights) {
    const own = byLayer.get(weight.spec.layer);
    if (own) own.push(weight);
    else byLayer.set(weight.spec.layer, [weight]);
  }
  const groups: LayerGroup[] = [];
  for (const [number, layer] of config.layers.entries()) {
    const own = byLayer.get(number) ?? [];
    const cache = kvShape.layers[number];
    const cacheBytes = cache ? kvCacheBytes({ ...kvShape, layers: [cache] }, contextSize) : 0;
    let group = { first: number, count: 1, bytes: weightBytes(own, dtypeOf) + cacheBytes, cacheBytes };
    while (group.first > earliest(layer, number)) group = joined(groups.pop() as LayerGroup, group);
    groups.push(group);
  }
  return groups;
}

/** The layer whose keys and values a layer reads. */
const earliest = ({ mixer }: LayerConfig, number: number): number =>
  (mixer.kind === "attention" ? mixer.keysFrom : undefined) ?? number;

const joined = (before: LayerGroup, group: LayerGroup): LayerGroup => ({
  first: before.first,
  count: before.count + group.count,
  bytes: before.bytes + group.bytes,
  cacheBytes: before.cacheBytes + group.cacheBytes,
});
