/** A weight as the table of weights describes it, and the names that code asks for. */

/** A matrix is [outputs, inputs]; a vector is [length]. */
export type WeightShape = readonly [number, number] | readonly [number];

/**
 * Part of a decoder. Recurrent layers count as attention. The types of a pair's tokens count with the
 * positions.
 */
export type DecoderPart = "tokenEmbedding" | "positionEmbedding" | "attention" | "mlp" | "norms" | "head";

/**
 * A `table` is read row by row, a `linear` matrix is multiplied with, a `norm` scales, a `bias` is added. A
 * `convolution` has a row of taps for each channel. A decay `rate` is below zero: it is trained as ln(-x).
 */
export type WeightKind = "table" | "linear" | "norm" | "bias" | "convolution" | "rate";

/** A weight of a model, or a matrix of an adapter. */
export interface NamedShape {
  readonly name: string;
  readonly shape: WeightShape;
  readonly kind?: WeightKind;
}

export interface WeightSpec extends NamedShape {
  /** Canonical name, such as `blocks.3.attention.qkv.weight`. */
  readonly name: string;
  /** Canonical name of its module, with `*` in place of the layer: `blocks.*.attention.qkv`. */
  readonly module: string;
  /** Undefined outside the blocks. */
  readonly layer: number | undefined;
  /**
   * Number among the experts or the heads of its layer, or among the streams of the model, for one of their
   * weights.
   */
  readonly expert?: number | undefined;
  readonly part: DecoderPart;
  readonly kind: WeightKind;
  /**
   * Outputs of the matrices that it stacks: queries, keys and values, or gate and up. Others have one part.
   */
  readonly parts: readonly number[];
  /** Whether its outputs are added to the residual stream. */
  readonly intoResidual: boolean;
}

/** Canonical module of the matrix that chooses experts. */
export const ROUTER = "blocks.*.mlp.router";

/** The names of an encoder's modules begin so. */
export const ENCODER = "encoder.";

/** End of the name of a weight. */
export const parameterOf = (kind: WeightKind): "weight" | "bias" => (kind === "bias" ? "bias" : "weight");
