/** Decoders whose layers are all alike, in one row of fields. */
import type { Activation } from "../compute/ops/ops.ts";
import type { DecoderConfig, LayerConfig, NormConfig, RotaryConfig } from "../model/config.ts";

export type PositionScheme = { readonly kind: "learned" | "sinusoidal" } | Omit<RotaryConfig, "dims">;

export interface UniformDecoder {
  readonly family: string;
  readonly vocabSize: number;
  readonly nLayer: number;
  readonly nHead: number;
  readonly nKvHead: number;
  readonly headDim: number;
  readonly nEmbd: number;
  readonly nPositions: number;
  readonly norm: "layernorm" | "rmsnorm";
  readonly normEpsilon: number;
  /** RMS norm of every query and key head before the rotary embedding. */
  readonly queryKeyNorm: boolean;
  readonly gated: boolean;
  readonly qkvBias: boolean;
  readonly attentionOutputBias: boolean;
  readonly mlpBias: boolean;
  readonly tiedHead: boolean;
  readonly nInner: number;
  /** `pre`: x + f(norm(x)), with a final norm. `post`: norm(x + f(x)), without one. */
  readonly normPlacement: "pre" | "post";
  readonly position: PositionScheme;
  readonly activation: Activation;
}

export function uniformDecoder(shape: UniformDecoder): DecoderConfig {
  const { family, vocabSize, nEmbd, nPositions, nLayer, position, normPlacement } = shape;
  const norm = normOf(shape);
  return {
    family,
    vocabSize,
    nEmbd,
    nPositions,
    embedding: { scale: 1, positions: position.kind === "rotary" ? "none" : position.kind },
    layers: Array<LayerConfig>(nLayer).fill(layerOf(shape)),
    ...(normPlacement === "pre" && { finalNorm: norm }),
    head: { kind: "tokens", tied: shape.tiedHead, bias: false, scale: 1 },
  };
}

function layerOf(shape: UniformDecoder): LayerConfig {
  const { nHead, nKvHead, headDim, nInner, position, activation, gated } = shape;
  const norm = normOf(shape);
  const branch = { ...(shape.normPlacement === "pre" ? { before: norm } : { sum: norm }), scale: 1 };
  return {
    attention: {
      nHead,
      nKvHead,
      headDim,
      valueDim: headDim,
      scale: 1 / Math.sqrt(headDim),
      sinks: false,
      scoreBias: "none",
      mask: { kind: "causal" },
      position: position.kind === "rotary" ? { ...position, dims: headDim } : { kind: "none" },
      qkNorm: shape.queryKeyNorm
        ? { kind: "head", norm: { ...norm, kind: "rmsnorm", bias: false } }
        : { kind: "none" },
      qkvBias: shape.qkvBias,
      outputBias: shape.attentionOutputBias,
    },
    attentionBranch: branch,
    mlp: { kind: "dense", nInner, activation, gated, bias: shape.mlpBias },
    mlpBranch: branch,
    parallel: false,
    sharedNorm: false,
  };
}

const normOf = ({ norm, normEpsilon }: UniformDecoder): NormConfig => ({
  kind: norm,
  epsilon: normEpsilon,
  bias: norm === "layernorm",
});

/** The row of fields that a decoder is made of. */
export function uniformShape(config: DecoderConfig): UniformDecoder {
  const { family, vocabSize, nEmbd, nPositions, layers, finalNorm, head, embedding } = config;
  const [layer] = layers;
  if (layer === undefined) throw new Error("a decoder without layers");
  const { attention, mlp, attentionBranch } = layer;
  const norm = finalNorm ?? attentionBranch.sum;
  if (norm === undefined) throw new Error("a decoder without norms");
  const { nHead, nKvHead, headDim, position } = attention;
  return {
    vocabSize,
    nLayer: layers.length,
    nHead,
    nKvHead,
    headDim,
    nEmbd,
    nPositions,
    norm: norm.kind,
    normEpsilon: norm.epsilon,
    queryKeyNorm: attention.qkNorm.kind !== "none",
    gated: mlp.gated,
    qkvBias: attention.qkvBias,
    attentionOutputBias: attention.outputBias,
    mlpBias: mlp.bias,
    tiedHead: head.kind === "tokens" && head.tied,
    family,
    nInner: mlp.nInner,
    normPlacement: finalNorm === undefined ? "post" : "pre",
    position:
      position.kind === "rotary"
        ? { kind: "rotary", theta: position.theta, scaling: position.scaling }
        : { kind: embedding.positions === "sinusoidal" ? "sinusoidal" : "learned" },
    activation: mlp.activation,
  };
}
