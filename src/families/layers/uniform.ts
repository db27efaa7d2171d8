/** Decoders of equal layers, and of a few kinds of layers: most families are one row of fields. */
import type { Activation } from "../../compute/ops/ops.ts";
import type { RotaryConfig } from "../../model/attention/rotary-config.ts";
import type { MaskConfig, ScoreBiasConfig } from "../../model/attention/score-config.ts";
import type { AttentionConfig, DecoderConfig, LayerConfig, QueryKeyNorm } from "../../model/config.ts";
import type { NormConfig } from "../../model/norm-config.ts";

export interface UniformDecoder {
  readonly family: string;
  readonly vocabSize: number;
  readonly nLayer: number;
  readonly nHead: number;
  readonly nKvHead: number;
  readonly headDim: number;
  readonly nEmbd: number;
  readonly nInner: number;
  readonly nPositions: number;
  readonly norm: NormConfig;
  /** `before` and `after` a sublayer, or both, go with a final norm, `sum` (GPT-1) goes without. */
  readonly normPlacement: "before" | "after" | "sum" | "before and after";
  /** Attention and MLP read the same x: with a norm for each, or with one for both. */
  readonly parallel?: "two norms" | "one norm" | undefined;
  readonly qkNorm?: QueryKeyNorm;
  readonly position: RotaryConfig | { readonly kind: "learned" | "sinusoidal" | "none" };
  /** Default: causal. */
  readonly mask?: MaskConfig;
  readonly scoreBias?: ScoreBiasConfig;
  /** Norm of the token embedding (Bloom). */
  readonly embeddingNorm?: NormConfig;
  readonly activation: Activation;
  readonly gated: boolean;
  readonly qkvBias: boolean;
  readonly outputBias: boolean;
  readonly mlpBias: boolean;
  readonly tied: boolean;
  readonly headBias?: boolean;
  /** Factors; absent: 1, and 1 / sqrt(headDim) of the scores. */
  readonly multipliers?: {
    readonly embedding?: number;
    readonly scores?: number;
    readonly branches?: number;
    readonly logits?: number;
  };
  /** Bounds of attention scores and of logits. */
  readonly softCaps?: { readonly scores?: number | undefined; readonly logits?: number | undefined };
}

export function uniformDecoder(shape: UniformDecoder): DecoderConfig {
  const { family, vocabSize, nEmbd, nPositions, nLayer, norm, normPlacement, position, tied } = shape;
  const { multipliers, softCaps, headBias = false } = shape;
  return {
    family,
    vocabSize,
    nEmbd,
    nPositions,
    embedding: {
      scale: multipliers?.embedding ?? 1,
      positions: position.kind === "rotary" ? "none" : position.kind,
      ...(shape.embeddingNorm && { norm: shape.embeddingNorm }),
    },
    layers: Array<LayerConfig>(nLayer).fill(layerOf(shape)),
    ...(normPlacement !== "sum" && { finalNorm: norm }),
    head: {
      kind: "tokens",
      tied,
      bias: headBias,
      scale: multipliers?.logits ?? 1,
      ...(softCaps?.logits !== undefined && { softCap: softCaps.logits }),
    },
  };
}

/** The decoder with a kind for each layer. Layers of the same kind share one object. */
export function withLayers<K>(
  decoder: DecoderConfig,
  kinds: readonly K[],
  change: (layer: LayerConfig, kind: K) => LayerConfig,
): DecoderConfig {
  const [base] = decoder.layers;
  if (base === undefined) return decoder;
  const made = new Map([...new Set(kinds)].map((kind) => [kind, change(base, kind)]));
  return { ...decoder, layers: kinds.map((kind) => made.get(kind) ?? base) };
}

/** The decoder with another mixer of attention in each layer. */
export const withAttention = <K>(
  decoder: DecoderConfig,
  kinds: readonly K[],
  change: (attention: AttentionConfig, kind: K) => AttentionConfig,
): DecoderConfig =>
  withLayers(decoder, kinds, (layer, kind) =>
    layer.mixer.kind === "attention" ? { ...layer, mixer: change(layer.mixer, kind) } : layer,
  );

function layerOf(shape: Omit<UniformDecoder, "family" | "vocabSize" | "nLayer" | "tied">): LayerConfig {
  const { nHead, nKvHead, headDim, nInner, norm, normPlacement, position, activation, gated } = shape;
  const { multipliers, softCaps } = shape;
  const places =
    normPlacement === "before and after" ? { before: norm, after: norm } : { [normPlacement]: norm };
  const branch = { ...places, scale: multipliers?.branches ?? 1 };
  return {
    mixer: {
      kind: "attention",
      nHead,
      nKvHead,
      headDim,
      valueDim: headDim,
      scale: multipliers?.scores ?? 1 / Math.sqrt(headDim),
      ...(softCaps?.scores !== undefined && { softCap: softCaps.scores }),
      sinks: false,
      scoreBias: shape.scoreBias ?? { kind: "none" },
      mask: shape.mask ?? { kind: "causal" },
      position: position.kind === "rotary" ? position : { kind: "none" },
      qkNorm: shape.qkNorm ?? { kind: "none" },
      qkvBias: shape.qkvBias,
      outputBias: shape.outputBias,
    },
    attentionBranch: branch,
    mlp: { kind: "dense", nInner, activation, gated, bias: shape.mlpBias },
    mlpBranch: branch,
    parallel: shape.parallel !== undefined,
    sharedNorm: shape.parallel === "one norm",
  };
}
