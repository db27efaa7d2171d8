/**
 * The decoder as data: everything in which one GPT differs from another. Families fill it and
 * the decoder reads it.
 *
 * `layers` has one entry per layer. Equal layers share one object, so a Set of them counts the kinds. A field
 * belongs to a layer or to the whole, never to both. The types have room for more than the kernels compute;
 * supported.ts refuses it.
 */
import type { RoutingRule } from "../compute/ops/experts.ts";
import type { Activation } from "../compute/ops/ops.ts";
import type { LatentConfig } from "./attention/latent-config.ts";
import type { RotaryConfig } from "./attention/rotary-config.ts";
import type { MaskConfig, QueryScaleConfig, ScoreBiasConfig } from "./attention/score-config.ts";
import type { HeadConfig } from "./head-config.ts";
import type { LayerInputConfig, LayerInputsConfig } from "./layer-inputs/config.ts";
import type { NormConfig } from "./norm-config.ts";
import type { RecurrentConfig } from "./recurrent/config.ts";
import type { LowRankConfig, StreamsConfig } from "./streams/config.ts";

export interface DecoderConfig {
  /** Name in the registry of families: `model_type` of config.json, `general.architecture` of a GGUF file. */
  readonly family: string;
  readonly vocabSize: number;
  /** Width of the residual stream. */
  readonly nEmbd: number;
  /** Length of the longest sequence that the model was made for. */
  readonly nPositions: number;
  readonly embedding: EmbeddingConfig;
  readonly layers: readonly LayerConfig[];
  /** Residual streams side by side, of which every layer computes one (Gemma 3n). */
  readonly streams?: StreamsConfig;
  /** Norm of the last hidden states. GPT-1 has none. */
  readonly finalNorm?: NormConfig;
  readonly head: HeadConfig;
  /** It reads a text first, which the layers with cross-attention look at (T5, BART). */
  readonly encoder?: EncoderConfig;
}

/** An encoder before a decoder. They share the token embedding. */
export interface EncoderConfig {
  readonly body: DecoderConfig;
  /** The id that the decoder's text begins with. It is no part of the text. */
  readonly startId: number;
}

export interface EmbeddingConfig {
  /**
   * Width of the token embeddings, if a matrix brings them to `nEmbd` and the transform of the head back
   * (OPT 350M).
   */
  readonly width?: number;
  /** Factor of the token embeddings: sqrt(nEmbd) in Gemma. */
  readonly scale: number;
  /**
   * Table that is added to the token embeddings: `learned` is a weight (GPT-1, GPT-2), `sinusoidal` is
   * computed (Vaswani et al. 2017, section 3.5).
   */
  readonly positions: "none" | "learned" | "sinusoidal";
  /** Layout of the computed table. Default: sines and cosines alternate. */
  readonly sinusoids?: SinusoidsConfig;
  /** Rows of a table that is added too: each token is of text 0 or of text 1 of a pair (BERT). Default 0. */
  readonly tokenTypes?: number;
  /** Vectors for the layers (Gemma 4). */
  readonly layerInputs?: LayerInputsConfig | undefined;
  /** Norm of the sum (Bloom, BERT). */
  readonly norm?: NormConfig;
}

/** Sines lie before cosines: sin and cos of (position + first) 10000^(-i / steps), i below the half width. */
export interface SinusoidsConfig {
  readonly first: number;
  readonly steps: number;
}

export interface LayerConfig {
  /** The first sublayer, in which positions meet. */
  readonly mixer: MixerConfig;
  readonly attentionBranch: BranchConfig;
  /** A sublayer between attention and MLP: attention over what the encoder has read. */
  readonly cross?: CrossConfig;
  readonly mlp: MlpConfig;
  readonly mlpBranch: BranchConfig;
  /** Attention and MLP read the same x, and the layer gives x + attention + MLP (GPT-J, GPT-NeoX). */
  readonly parallel: boolean;
  /** A parallel layer has one norm before both (GPT-J, Phi, Cohere). */
  readonly sharedNorm: boolean;
  /** The vector that enters after the MLP (Gemma 4). */
  readonly input?: LayerInputConfig | undefined;
  /** Its output is multiplied by a number, which is a weight (Gemma 4). */
  readonly scaled?: true;
}

export interface CrossConfig {
  readonly attention: AttentionConfig;
  readonly branch: BranchConfig;
}

/** Norms around a sublayer f: sumScale sum(x + scale after(f(before(x)))). An absent norm is the identity. */
export interface BranchConfig {
  /** before(x) stands in the place of x in the sum (Bloom, if its config says so). */
  readonly addsToNormed?: true;
  /** Of the input: GPT-2, Llama. */
  readonly before?: NormConfig | undefined;
  /** Of the output: Gemma 2, OLMo 2. */
  readonly after?: NormConfig | undefined;
  /** Of the residual sum: GPT-1, BERT. */
  readonly sum?: NormConfig | undefined;
  /** Factor of the output (Granite). */
  readonly scale: number;
  /** It reads the normed input, and its output is added to that of the sublayer (Gemma 3n). */
  readonly beside?: LowRankConfig;
  /** Factor of the residual sum. Default 1. */
  readonly sumScale?: number;
}

/** Attention over keys and values, or a layer with a state of one size (recurrent/config.ts). */
export type MixerConfig = AttentionConfig | RecurrentConfig;

export interface AttentionConfig {
  readonly kind: "attention";
  readonly nHead: number;
  /**
   * Key/value heads; `nHead / nKvHead` query heads share one (grouped-query attention, Ainslie et al. 2023).
   */
  readonly nKvHead: number;
  /** Dimensions of a query and of a key. */
  readonly headDim: number;
  /** Dimensions of a value. */
  readonly valueDim: number;
  /** Factor of the scores q k: 1 / sqrt(headDim) in most families. */
  readonly scale: number;
  /** Factor of the queries of a position, after rotation (Llama 4, Ministral 3). */
  readonly queryScale?: QueryScaleConfig;
  /** Scores s become c tanh(s / c) (Gemma 2). */
  readonly softCap?: number;
  /** The softmax of each head has one more logit, whose share is dropped (gpt-oss). */
  readonly sinks: boolean;
  readonly scoreBias: ScoreBiasConfig;
  readonly mask: MaskConfig;
  readonly position: RotaryConfig | { readonly kind: "none" };
  readonly qkNorm: QueryKeyNorm;
  /** Norm of each value head (Gemma 4). */
  readonly valueNorm?: NormConfig;
  /** A value is the key before its norm: the projection gives it twice (Gemma 4). */
  readonly keysAreValues?: true;
  /** The layer whose keys and values it reads. It has queries only. Default: its own (Gemma 3n). */
  readonly keysFrom?: number;
  /** Keys and values follow from a short vector (DeepSeek-V2). All heads have keys and values of their own. */
  readonly latent?: LatentConfig;
  readonly qkvBias: boolean;
  readonly outputBias: boolean;
  /** The projection gives a gate beside each query: the output is multiplied by sigmoid(gate) (Qwen3-Next). */
  readonly outputGate?: true;
}

/**
 * Norm of queries and keys: of each head, with the same weights (Qwen3) or with weights of its own (Cohere), or
 * of all heads of a row (OLMo 2). It comes before the rotation, or after it (Hunyuan).
 */
export type QueryKeyNorm =
  | { readonly kind: "none" }
  | { readonly kind: "head" | "heads" | "row"; readonly norm: NormConfig; readonly afterRotation?: true };

/** Every row goes through one feed-forward layer, or through a few that a router chooses for it. */
export type MlpConfig = DenseMlp | ExpertsMlp;

export interface FeedForward {
  /** Width of the hidden layer. */
  readonly nInner: number;
  readonly activation: Activation;
  /** Share of the gates that is zero if they are normally distributed (Gemma 3n). Default 0. */
  readonly sparsity?: number;
  /** down(activation(gate(x)) * up(x)) instead of down(activation(up(x))) (Shazeer 2020). */
  readonly gated: boolean;
  readonly bias: boolean;
}

export interface DenseMlp extends FeedForward {
  readonly kind: "dense";
}

/**
 * Mixture of experts (Shazeer et al. 2017): feed-forward layers of equal size, of which a router chooses some
 * for each row. The sizes are those of one expert.
 */
export interface ExpertsMlp extends FeedForward {
  readonly kind: "experts";
  readonly count: number;
  /** Experts of a row. */
  readonly active: number;
  readonly routing: RoutingConfig;
  /** Norms of the input and of the output of the mixture, beside those of the sublayer (Gemma 4). */
  readonly before?: NormConfig;
  readonly after?: NormConfig;
  readonly shared?: SharedExpert;
}

/** A feed-forward layer beside the mixture, for all rows (DeepSeekMoE, Dai et al. 2024). */
export interface SharedExpert extends FeedForward {
  /** Its output is multiplied by sigmoid(w x) (Qwen2-MoE). */
  readonly gate: boolean;
  readonly before?: NormConfig;
  readonly after?: NormConfig;
}

/** How a router computes its logits, beside the rule by which they choose experts. */
export interface RoutingConfig extends RoutingRule {
  readonly bias: boolean;
  /** Norm of the router's input (Gemma 4). */
  readonly norm?: NormConfig;
  /** A vector is added to the scores for the choice alone (DeepSeek-V3). */
  readonly correction: boolean;
  /** The weight of each expert has a factor of its own (Gemma 4). */
  readonly expertScales: boolean;
}
