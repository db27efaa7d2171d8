/** The decoder as data: everything in which one GPT differs from another. Filled by a family, read by the decoder. */

import type { Activation } from "../compute/ops/ops.ts";

/** `model_type` of config.json, or `general.architecture` of a GGUF file. */
export type ModelFamily = "openai-gpt" | "gpt2" | "llama" | "qwen2" | "qwen3";

/** How rotary frequencies are stretched for contexts longer than the model was first trained on. */
export type RopeScaling =
  | { readonly kind: "none" }
  /** Position interpolation (Chen et al. 2023): positions are divided by `factor`. */
  | { readonly kind: "linear"; readonly factor: number }
  /** Llama 3.1: only low frequencies are divided by `factor`, with a smooth ramp between the two wavelengths. */
  | {
      readonly kind: "llama3";
      readonly factor: number;
      readonly lowFreqFactor: number;
      readonly highFreqFactor: number;
      readonly originalPositions: number;
    }
  /** Divisors read from the checkpoint (GGUF's `rope_freqs.weight`), one for each pair of dimensions. */
  | { readonly kind: "divisors"; readonly divisors: readonly number[] };

export type PositionScheme =
  /** A trained table that is added to the token embedding (GPT-1, GPT-2). */
  | { readonly kind: "learned" }
  /** The fixed table of Vaswani et al. 2017, section 3.5. */
  | { readonly kind: "sinusoidal" }
  /** Rotary embedding of queries and keys, first half against second half (Su et al. 2021, as in GPT-NeoX). */
  | { readonly kind: "rotary"; readonly theta: number; readonly scaling: RopeScaling };

export interface DecoderConfig {
  readonly family: ModelFamily;
  readonly vocabSize: number;
  readonly nLayer: number;
  readonly nHead: number;
  /** Key/value heads; `nHead / nKvHead` query heads share one (grouped-query attention, Ainslie et al. 2023). */
  readonly nKvHead: number;
  readonly headDim: number;
  /** Width of the residual stream. */
  readonly nEmbd: number;
  /** Width of the feed-forward layer. */
  readonly nInner: number;
  /** The longest sequence the model was made for. */
  readonly nPositions: number;

  readonly norm: "layernorm" | "rmsnorm";
  readonly normEpsilon: number;
  /** `pre`: x + f(norm(x)), with a final norm (GPT-2 on). `post`: norm(x + f(x)), without one (GPT-1). */
  readonly normPlacement: "pre" | "post";
  /** RMS norm of every query and key head before the rotary embedding (Qwen3). */
  readonly queryKeyNorm: boolean;

  readonly position: PositionScheme;
  readonly activation: Activation;
  /** down(activation(gate(x)) * up(x)) instead of down(activation(up(x))) (Shazeer 2020). */
  readonly gated: boolean;

  readonly qkvBias: boolean;
  readonly attentionOutputBias: boolean;
  readonly mlpBias: boolean;
  /** The output head is the token embedding. */
  readonly tiedHead: boolean;
  /** Of a classifier: its classes, which are the outputs of its head, in their order. The head of others predicts tokens. */
  readonly labels?: readonly string[];
}
