/** Shape of a new model, and its config.json. */
import { GptError } from "../../errors.ts";
import { configJson } from "../../families/config-json.ts";
import { uniformDecoder } from "../../families/layers/uniform.ts";
import type { JsonObject } from "../../files/json.ts";
import type { DecoderConfig } from "../../model/config.ts";

/** Families of new models. */
export const SHAPE_FAMILIES = ["gpt2", "llama"] as const;
export type ShapeFamily = (typeof SHAPE_FAMILIES)[number];

export interface ModelShape {
  readonly family: ShapeFamily;
  readonly layers: number;
  readonly heads: number;
  /** Width of the residual stream, a multiple of the heads. */
  readonly width: number;
  /** Tokens of the longest sequence. */
  readonly context: number;
  /** Size of the vocabulary. */
  readonly vocabulary: number;
}

/** Epsilon of all norms. */
const EPSILON = 1e-5;

/** Inner widths of the gated feed-forward layer are multiples of this, as Llama's are of 256. */
const INNER_MULTIPLE = 32;

/** @throws GptError `usage` for sizes that do not fit together */
export function checkShape({ family, heads, width }: ModelShape): void {
  if (width % heads !== 0) {
    throw new GptError("usage", `a width of ${width} for ${heads} heads: expected a multiple of ${heads}`);
  }
  if (family === "llama" && (width / heads) % 2 !== 0) {
    const found = `a width of ${width} for ${heads} heads`;
    throw new GptError("usage", `${found}: expected an even width of each head, which is rotated in pairs`);
  }
}

/**
 * The decoder of a shape: GPT-2 as it was published; Llama with a feed-forward layer of 8/3 of the width
 * (Touvron et al. 2023). The output head is the token embedding in both.
 */
export function decoderOfShape(shape: ModelShape): DecoderConfig {
  checkShape(shape);
  const { layers, heads, width, context, vocabulary } = shape;
  const common = {
    vocabSize: vocabulary,
    nLayer: layers,
    nHead: heads,
    nKvHead: heads,
    headDim: width / heads,
    nEmbd: width,
    nPositions: context,
    normPlacement: "before",
    tied: true,
  } as const;
  return uniformDecoder(
    shape.family === "gpt2"
      ? { ...common, ...gpt2Block(width) }
      : { ...common, ...llamaBlock(width, width / heads) },
  );
}

const gpt2Block = (width: number) =>
  ({
    family: "gpt2",
    nInner: 4 * width,
    norm: { kind: "layernorm", epsilon: EPSILON, bias: true },
    position: { kind: "learned" },
    activation: "gelu_tanh",
    gated: false,
    qkvBias: true,
    outputBias: true,
    mlpBias: true,
  }) as const;

const llamaBlock = (width: number, headDim: number) =>
  ({
    family: "llama",
    nInner: INNER_MULTIPLE * Math.ceil((8 * width) / 3 / INNER_MULTIPLE),
    norm: { kind: "rmsnorm", epsilon: EPSILON, bias: false },
    position: { kind: "rotary", theta: 10_000, dims: headDim, scaling: { kind: "none" } },
    activation: "silu",
    gated: true,
    qkvBias: false,
    outputBias: false,
    mlpBias: false,
  }) as const;

/** @param endOfText id of the token that begins and ends texts */
export const configOfShape = (shape: ModelShape, endOfText: number): JsonObject => ({
  ...configJson({ config: decoderOfShape(shape), bosId: endOfText, endOfTextIds: [endOfText] }),
  initializer_range: 0.02,
});
