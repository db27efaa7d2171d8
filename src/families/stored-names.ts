/** Names and layouts of the weights of a family in a format, for reading and for writing. */
import type { DecoderConfig, LayerConfig } from "../model/config.ts";
import { attentionIn, attentionOf } from "../model/mixers.ts";
import { parameterOf } from "../model/weights.ts";
import type { RowGroups, SoughtWeight, WeightSource } from "./description.ts";

/** Name of a stored module without `.weight` or `.bias`, with the layout of its weight if that is special. */
export type StoredModule = string | StoredLayout;

interface StoredLayout {
  readonly module: string;
  /** `conv1d`: [inputs, outputs]. */
  readonly layout?: WeightSource["layout"];
  /** Rows before the first that is read. */
  readonly skippedRows?: number;
  /** Order of the rows of a head: dimension i, then its rotary partner in the second half. */
  readonly pairs?: "interleaved";
  /** Order of the rows of a fused matrix and of its bias, if they are not stacked part by part. */
  readonly rows?: (layer: LayerConfig) => RowGroups;
}

/**
 * Each key/value head with its queries, its key and its value (Falcon). Where all heads have keys and values
 * of their own, that is the query, the key and the value of each head (GPT-NeoX, Bloom).
 */
export const BY_KEY_VALUE_HEAD = (layer: LayerConfig): RowGroups => {
  const { nHead, nKvHead, headDim, valueDim } = attentionOf(layer);
  return { count: nKvHead, rows: [(nHead / nKvHead) * headDim, headDim, valueDim] };
};

/** The stored modules of a canonical module. Several are stacked in this order. */
export type StoredModules = readonly StoredModule[];

/**
 * Stored modules by canonical module, or how they follow from the layer. `*` stands for the number of the
 * layer.
 */
export type NameTable = Readonly<Record<string, StoredModules | ((layer: LayerConfig) => StoredModules)>>;

/** Name of the weight of an output head of its own. */
export function headTensorOf({ head }: NameTable): string | undefined {
  const [stored] = typeof head === "object" ? head : [];
  return stored && `${typeof stored === "string" ? stored : stored.module}.weight`;
}

/** The stored tensors of a weight. */
export const sourcesFrom =
  (table: NameTable, { layers }: DecoderConfig) =>
  ({ module, layer, kind }: SoughtWeight): readonly WeightSource[] => {
    const config = layers[layer ?? 0] ?? layers.at(-1);
    const found = table[module];
    const stored = typeof found === "function" ? config && found(config) : found;
    if (stored === undefined) throw new Error(`no stored name for ${module}`);
    return stored.map((entry, part) => {
      const {
        module,
        layout = "linear",
        pairs,
        skippedRows = 0,
        rows,
      }: StoredLayout = typeof entry === "string" ? { module: entry } : entry;
      const { nHead = 0, nKvHead = 0 } = (config && attentionIn(config)) ?? {};
      return {
        tensor: `${module.replace("*", `${layer}`)}.${parameterOf(kind)}`,
        layout: kind === "linear" ? layout : "linear",
        ...(skippedRows > 0 && { skippedRows }),
        ...(pairs === "interleaved" && { interleavedHeads: part === 0 ? nHead : nKvHead }),
        ...(rows && config && { rowGroups: rows(config) }),
      };
    });
  };
