/**
 * Layers whose memory of a sequence is a state of one size, however long the sequence is. Each begins with a
 * causal convolution: every channel is summed over its last `taps` positions.
 */

export type RecurrentConfig = DeltaNetConfig | MambaConfig | ShortConvolutionConfig;

/** Gated DeltaNet (Yang et al. 2024): a state [keyDim, valueDim] for each value head. */
export interface DeltaNetConfig {
  readonly kind: "delta-net";
  readonly nKeyHead: number;
  readonly nValueHead: number;
  readonly keyDim: number;
  readonly valueDim: number;
  /**
   * Key head of a value head: neighbours share one, as in grouped-query attention, or value head h has key
   * head h modulo `nKeyHead` (GGUF of Qwen3.5).
   */
  readonly sharing: "grouped" | "tiled";
  readonly taps: number;
  /** Of the norm of the output. */
  readonly epsilon: number;
}

/** Mamba 2 (Dao & Gu 2024): a state [stateDim, headDim] for each head. Groups of heads share B and C. */
export interface MambaConfig {
  readonly kind: "mamba";
  readonly nHead: number;
  readonly headDim: number;
  readonly stateDim: number;
  readonly nGroup: number;
  readonly taps: number;
  readonly convolutionBias: boolean;
  /** Of the projections into and out of the layer. */
  readonly bias: boolean;
  /** Of the norm of the output. */
  readonly epsilon: number;
}

/** A gated convolution and nothing else (LFM2, Liquid AI 2025). */
export interface ShortConvolutionConfig {
  readonly kind: "short-convolution";
  readonly channels: number;
  readonly taps: number;
  /** Of the projections and the convolution. */
  readonly bias: boolean;
}
