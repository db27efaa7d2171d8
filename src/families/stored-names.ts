/** Names and layouts of the weights of a family in a format, for reading and for writing. */
import type { DecoderConfig, LayerConfig } from "../model/config.ts";
import { attentionIn, attentionOf } from "../model/mixers.ts";
import { ENCODER, parameterOf } from "../model/weight-spec.ts";
import type { RowOrder, RowRange, SoughtWeight, WeightSource } from "./description.ts";

/** Name of a stored module without `.weight` or `.bias`, with the layout of its weight if that is special. */
export type StoredModule = string | StoredLayout;

interface StoredLayout {
  readonly module: string;
  /** `conv1d`: [inputs, outputs]; `row`: [inputs] of the only output. */
  readonly layout?: WeightSource["layout"];
  /** Module of the bias, if it stands elsewhere. A head that is not tied may have its own. */
  readonly bias?: string;
  /** The name of the weight is that of the module, and `_bias` follows it in the name of the bias. */
  readonly bare?: true;
  /** Order of the rotated rows of a head: dimension i, then its rotary partner in the second half. */
  readonly pairs?: "interleaved";
  /** Order of the rows of a fused matrix and of its bias, if they are not stacked part by part. */
  readonly rows?: (layer: LayerConfig) => RowOrder | undefined;
  /** Order of the columns of a matrix, where it is written. */
  readonly columns?: (layer: LayerConfig) => RowOrder | undefined;
  /** A norm of each head is a matrix with a row for each, or a tensor for each, with `#` for the head. */
  readonly heads?: "rows" | "tensors";
  /** The rows of a head in a tensor of all heads, or a slice of that tensor. */
  readonly ofHead?: "slice" | ((layer: LayerConfig, head: number) => RowRange);
  /** A vector is a matrix with this many rows. */
  readonly vectorRows?: (layer: LayerConfig) => number;
  /** The file stores ln(-x). */
  readonly logarithm?: true;
  /** PEFT takes its inputs for outputs. */
  readonly adaptersTurn?: true;
  /** Norms multiply by 1 + weight. */
  readonly less?: 1;
  /** Rows before the first. */
  readonly skippedRows?: number;
  /** Rows behind the last one. */
  readonly missingRows?: (config: DecoderConfig) => number;
}

/**
 * Each key/value head with its queries, its key and its value (Falcon). Where all heads have keys and values
 * of their own, that is the query, the key and the value of each head (GPT-NeoX, Bloom).
 */
export const BY_KEY_VALUE_HEAD = (layer: LayerConfig): RowOrder => {
  const { nHead, nKvHead, headDim, valueDim } = attentionOf(layer);
  const parts = [(nHead / nKvHead) * headDim, headDim, valueDim];
  return { block: nHead * headDim + nKvHead * (headDim + valueDim), groups: nKvHead, parts };
};

/**
 * The matrices of the heads of latent attention in one tensor: the rows of each head are those of its keys,
 * which are turned, and of its values.
 */
export const rowsOfHeads = (module: string): NameTable => {
  const rows = (part: "keys" | "values") => (layer: LayerConfig, head: number) => {
    const { nHead, headDim, valueDim, latent } = attentionOf(layer);
    const fixed = headDim - (latent?.rotated ?? 0);
    const [each, total] = [fixed + valueDim, nHead * (fixed + valueDim)];
    return part === "keys"
      ? { first: head * each, count: fixed, total }
      : { first: head * each + fixed, count: valueDim, total };
  };
  return {
    "blocks.*.attention.keys_of_heads": [{ module, layout: "conv1d", ofHead: rows("keys") }],
    "blocks.*.attention.values_of_heads": [{ module, ofHead: rows("values") }],
  };
};

/** The stored modules of a canonical module. Several are stacked in this order. */
export type StoredModules = readonly StoredModule[];

/**
 * Stored modules by canonical module, or how they follow from the layer. `*` stands for the number of the
 * layer, `#` for that of the expert. A weight of an expert without `#` is a slice of a tensor of all experts.
 */
export type NameTable = Readonly<Record<string, StoredModules | ((layer: LayerConfig) => StoredModules)>>;

/** The names of an encoder that stands before a decoder, for a model that is the encoder alone. */
export const encoderNames = (table: NameTable): NameTable =>
  Object.fromEntries(
    Object.entries(table).flatMap(([name, modules]) =>
      name.startsWith(ENCODER)
        ? [[name.slice(ENCODER.length), modules] as const]
        : name === "token_embedding"
          ? [[name, modules] as const]
          : [],
    ),
  );

/** Name of the weight of an output head of its own. */
export function headTensorOf({ head }: NameTable): string | undefined {
  const [stored] = typeof head === "object" ? head : [];
  return stored && `${typeof stored === "string" ? stored : stored.module}.weight`;
}

/** Modules of the head, with those before it (BERT's transformation), as files name them. */
export const headModulesOf = (table: NameTable): string[] =>
  ["head_transform", "head_norm", "head"].flatMap((module) => {
    const found = table[module];
    const stored = typeof found === "object" ? found : [];
    return stored.flatMap((entry) =>
      typeof entry === "string" ? entry : [entry.module, entry.bias ?? entry.module],
    );
  });

/**
 * The stored tensors of a weight.
 *
 * @param skippedPositions rows of the table of positions before the first that is read
 */
export const sourcesFrom =
  (table: NameTable, decoder: DecoderConfig, skippedPositions = 0) =>
  ({ module, layer, expert, kind }: SoughtWeight): readonly WeightSource[] => {
    const { layers, encoder } = decoder;
    const own = module.startsWith(ENCODER) ? (encoder?.body.layers ?? []) : layers;
    const config = own[layer ?? 0] ?? own.at(-1);
    const found = table[module];
    const stored = typeof found === "function" ? config && found(config) : found;
    if (stored === undefined) throw new Error(`no stored name for ${module}`);
    const attention = config && attentionIn(config);
    return stored.flatMap((entry, part): WeightSource[] => {
      const own: StoredLayout = typeof entry === "string" ? { module: entry } : entry;
      const isKeys = part > 0 || module.endsWith("key_norm");
      const heads = (isKeys ? attention?.nKvHead : attention?.nHead) ?? 0;
      const skippedRows =
        module === "position_embedding" && skippedPositions ? skippedPositions : own.skippedRows;
      const isOfEmbedding = decoder.head.kind !== "tokens" || decoder.head.tied;
      const stem = kind === "bias" && isOfEmbedding ? (own.bias ?? own.module) : own.module;
      const older = kind === "bias" && !isOfEmbedding ? own.bias : undefined;
      const inLayer = stem.replace("*", `${layer}`);
      const name = expert === undefined ? inLayer : inLayer.replace("#", `${expert}`);
      const slice =
        expert !== undefined && name === inLayer ? sliceFor(decoder, layer, expert, own) : undefined;
      const range =
        typeof own.ofHead === "function" && config && expert !== undefined
          ? own.ofHead(config, expert)
          : undefined;
      const tensor = name + ending(kind, own.bare);
      const names = own.heads === "tensors" ? headNames(tensor, heads) : [tensor];
      const rows = config && rowOrder(own, config);
      const columns = config && own.columns?.(config);
      const missingRows = own.missingRows?.(decoder);
      return names.map((tensor) => ({
        tensor,
        layout: kind === "linear" || kind === "convolution" ? (own.layout ?? "linear") : "linear",
        ...(rows && { rows }),
        ...(columns && { columns }),
        ...(own.heads === "rows" && { headRows: heads }),
        ...(own.vectorRows && config && { headRows: own.vectorRows(config) }),
        ...(own.adaptersTurn && { adaptersTurn: own.adaptersTurn }),
        ...(own.logarithm && { logarithm: own.logarithm }),
        ...(own.less && kind === "norm" && { less: own.less }),
        ...(skippedRows && { skippedRows }),
        ...(missingRows && { missingRows }),
        ...(older && { older: older + ending(kind) }),
        ...(slice && { slice }),
        ...(range && { range }),
      }));
    });
  };

/** The place of an expert, of a head, or of a stream after the first, in a tensor of all. */
function sliceFor(
  { layers, streams }: DecoderConfig,
  layer: number | undefined,
  index: number,
  { ofHead }: StoredLayout,
): WeightSource["slice"] {
  if (layer === undefined) return streams && { index, count: streams.count - 1 };
  const own = layers[layer] ?? layers.at(-1);
  const mlp = own?.mlp;
  if (ofHead !== undefined) {
    return ofHead === "slice" && own ? { index, count: attentionOf(own).nHead } : undefined;
  }
  return mlp?.kind === "experts" ? { index, count: mlp.count } : undefined;
}

/** End of the name of a tensor, after that of its module. */
function ending(kind: SoughtWeight["kind"], bare = false): string {
  const parameter = parameterOf(kind);
  if (!bare) return `.${parameter}`;
  return parameter === "bias" ? "_bias" : "";
}

const headNames = (name: string, heads: number): string[] =>
  Array.from({ length: heads }, (_, head) => name.replace("#", `${head}`));

function rowOrder({ pairs, rows }: StoredLayout, layer: LayerConfig): RowOrder | undefined {
  if (rows) return rows(layer);
  const attention = attentionIn(layer);
  if (pairs === undefined || attention?.position.kind !== "rotary") return undefined;
  return { block: attention.headDim, groups: attention.position.dims / 2, parts: [1, 1] };
}
