/** The weight table: every weight of a decoder with its canonical name, its shape and its role. The only list of them. */
import type { DecoderConfig } from "./config.ts";

/** A matrix is [outputs, inputs]; a vector is [length]. */
export type WeightShape = readonly [number, number] | readonly [number];

/** The part of a decoder that a weight belongs to. */
export type DecoderPart = "tokenEmbedding" | "positionEmbedding" | "attention" | "mlp" | "norms" | "head";

/** A `table` is read row by row, a `linear` matrix is multiplied with, a `norm` scales, a `bias` is added. */
export type WeightKind = "table" | "linear" | "norm" | "bias";

/** A weight of any model, or a matrix of an adapter. */
export interface NamedShape {
  readonly name: string;
  readonly shape: WeightShape;
}

export interface WeightSpec extends NamedShape {
  /** Canonical name, such as `blocks.3.attention.qkv.weight`. */
  readonly name: string;
  /** Canonical name of its module, with `*` in place of the layer: `blocks.*.attention.qkv`. */
  readonly module: string;
  /** Undefined outside the blocks. */
  readonly layer: number | undefined;
  readonly part: DecoderPart;
  readonly kind: WeightKind;
  /** Outputs of each matrix that it stacks: of queries, keys and values, or of gate and up. Other weights have one part. */
  readonly parts: readonly number[];
  /** Whether its outputs are added to the residual stream. */
  readonly intoResidual: boolean;
}

/** Canonical name of the output head's weight, where it is not the token embedding. */
export const HEAD = "head.weight";

/** Where a weight is added to the table: a module of a part, in a layer or outside the blocks. */
interface Place {
  readonly module: string;
  readonly part: DecoderPart;
  readonly layer?: number;
}

/**
 * Lists the weights of a decoder in the order of the forward pass. `attention.qkv` stacks queries, keys and values;
 * `mlp.up` of a gated MLP stacks gate and up. A tied head and a sinusoidal table have no weight of their own; the head of a
 * classifier always has.
 */
export function weightTable(config: DecoderConfig): WeightSpec[] {
  const { vocabSize, nEmbd, nInner, headDim, labels } = config;
  const queries = config.nHead * headDim;
  const keys = config.nKvHead * headDim;

  const table: WeightSpec[] = [];
  const add = ({ module, part, layer }: Place, kind: WeightKind, shape: WeightShape, more = {}) => {
    const owner = layer === undefined ? module : module.replace("*", `${layer}`);
    const name = `${owner}.${parameterOf(kind)}`;
    table.push({ name, module, layer, part, kind, shape, parts: [shape[0]], intoResidual: false, ...more });
  };
  const linear = (
    place: Place,
    parts: readonly number[],
    inputs: number,
    bias: boolean,
    intoResidual = false,
  ) => {
    const outputs = parts.reduce((sum, part) => sum + part, 0);
    add(place, "linear", [outputs, inputs], { parts, intoResidual });
    if (bias) add(place, "bias", [outputs], { parts, intoResidual });
  };
  const norm = (place: Omit<Place, "part">, width: number, bias: boolean) => {
    add({ ...place, part: "norms" }, "norm", [width]);
    if (bias) add({ ...place, part: "norms" }, "bias", [width]);
  };

  const hasBias = config.norm === "layernorm";
  add({ module: "token_embedding", part: "tokenEmbedding" }, "table", [vocabSize, nEmbd]);
  if (config.position.kind === "learned") {
    add({ module: "position_embedding", part: "positionEmbedding" }, "table", [config.nPositions, nEmbd]);
  }
  for (let layer = 0; layer < config.nLayer; layer++) {
    const attention = (name: string) =>
      ({ module: `blocks.*.attention.${name}`, part: "attention", layer }) as const;
    const mlp = (name: string) => ({ module: `blocks.*.mlp.${name}`, part: "mlp", layer }) as const;
    norm({ module: "blocks.*.attention_norm", layer }, nEmbd, hasBias);
    linear(attention("qkv"), [queries, keys, keys], nEmbd, config.qkvBias);
    if (config.queryKeyNorm) {
      norm(attention("query_norm"), headDim, false);
      norm(attention("key_norm"), headDim, false);
    }
    linear(attention("output"), [nEmbd], queries, config.attentionOutputBias, true);
    norm({ module: "blocks.*.mlp_norm", layer }, nEmbd, hasBias);
    linear(mlp("up"), config.gated ? [nInner, nInner] : [nInner], nEmbd, config.mlpBias);
    linear(mlp("down"), [nEmbd], nInner, config.mlpBias, true);
  }
  if (config.normPlacement === "pre") norm({ module: "final_norm" }, nEmbd, hasBias);
  if (labels || !config.tiedHead)
    linear({ module: "head", part: "head" }, [labels?.length ?? vocabSize], nEmbd, false);
  return table;
}

/** What the name of a weight ends in. */
export const parameterOf = (kind: WeightKind): "weight" | "bias" => (kind === "bias" ? "bias" : "weight");
