/** The names and layouts under which a format stores the weights of a family: read in both directions. */
import type { DecoderConfig } from "../model/config.ts";
import { parameterOf } from "../model/weights.ts";
import type { SoughtWeight, WeightSource } from "./description.ts";

/** A stored module: its name without `.weight` or `.bias`, and how its weight is stored where not as in a decoder. */
export type StoredModule = string | StoredLayout;

interface StoredLayout {
  readonly module: string;
  /** `conv1d`: [inputs, outputs]. */
  readonly layout?: WeightSource["layout"];
  /** Rows of a head: dimension i of the first half is followed by dimension i of the second, its rotary partner. */
  readonly pairs?: "interleaved";
}

/** Stored modules by canonical module, stacked in this order; `*` stands for the number of the layer in both. */
export type NameTable = Readonly<Record<string, readonly StoredModule[]>>;

/** Where a format stores the weights of a decoder. */
export const sourcesFrom =
  (table: NameTable, { layers }: DecoderConfig) =>
  ({ module, layer, kind }: SoughtWeight): readonly WeightSource[] => {
    const stored = table[module];
    if (stored === undefined) throw new Error(`no stored name for ${module}`);
    return stored.map((entry, part) => {
      const {
        module,
        layout = "linear",
        pairs,
      }: StoredLayout = typeof entry === "string" ? { module: entry } : entry;
      const { nHead = 0, nKvHead = 0 } = layers[layer ?? 0]?.attention ?? {};
      return {
        tensor: `${module.replace("*", `${layer}`)}.${parameterOf(kind)}`,
        layout: kind === "linear" ? layout : "linear",
        ...(pairs === "interleaved" && { interleavedHeads: part === 0 ? nHead : nKvHead }),
      };
    });
  };
