/** Where the caches of a model lie: in the banks of their layers. */
import type { Banks } from "../compute/banks.ts";
import type { KvShape } from "../compute/memory/kv-shape.ts";
import type { CachePlace } from "../compute/memory/sequence-cache.ts";
import type { PlannedBank } from "../weights/banks/layout.ts";

/** A layer of another bank. */
const NOTHING = { nKvHead: 0, headDim: 0 } as const;

/** @param shape sizes of the caches of all layers */
export function cachePlaces(
  { runtimes }: Banks,
  planned: readonly PlannedBank[],
  shape: KvShape,
): CachePlace[] {
  if (planned.length === 1) return runtimes.map(({ memory }) => ({ memory, shape }));
  return runtimes.map(({ memory }, i) => {
    const { firstLayer = 0, layers: count = 0 } = planned[i] ?? {};
    const isHere = (layer: number) => layer >= firstLayer && layer < firstLayer + count;
    const layers = shape.layers.map((layer, number) => (isHere(number) ? layer : NOTHING));
    return { memory, shape: { ...shape, layers } };
  });
}
