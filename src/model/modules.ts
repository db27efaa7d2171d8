/** A decoder in memory: its weights by module. Each module carries its canonical name, for observers. */

import type { AttentionLayer, LatentSizes, RotaryTable } from "../compute/ops/attention-layers.ts";
import type { Router } from "../compute/ops/experts.ts";
import type { Activation, Embedding, Norm } from "../compute/ops/ops.ts";
import type { Indices, MatrixTable, Tensor } from "../compute/tensor.ts";
import type { LongAngles } from "./attention/angles.ts";
import type { DecoderConfig, FeedForward as FeedForwardConfig } from "./config.ts";
import type { LayerInput, LayerInputs } from "./layer-inputs/modules.ts";
import type { AdaptedExperts, HeadsNorm, Linear } from "./linear.ts";
import type { RecurrentLayer } from "./recurrent/modules.ts";
import type { LayerStreams, LowRankLayer, Streams } from "./streams/modules.ts";

/** The output of a model, with what comes between it and the last hidden state in BERT. */
export interface Head extends Linear {
  readonly transform: HeadTransform | undefined;
  /** Factor of the outputs. */
  readonly scale: number;
  /** Outputs y become c tanh(y / c). */
  readonly softCap: number | undefined;
}

export interface HeadTransform {
  /** C -> C */
  readonly dense: Linear;
  readonly activation: Activation | undefined;
  readonly norm: Norm | undefined;
}

export interface InputEmbedding {
  readonly tokens: Embedding;
  /** Factor of the rows of the table. */
  readonly scale: number;
  /** Brings token embeddings of another width to C (OPT 350M). */
  readonly projection: Linear | undefined;
  /** Learned or sinusoidal positions, added to the token embedding. */
  readonly positions: Embedding | undefined;
  /** Which text of a pair a token belongs to, added too (BERT). */
  readonly types: Embedding | undefined;
  /** Norm of the sum (Bloom, BERT). */
  readonly norm: Norm | undefined;
}

/** The first sublayer of a block. */
export type Mixer = Attention | RecurrentLayer;

/** `count` columns of a matrix from number `first` on. */
export interface Columns {
  readonly first: number;
  readonly count: number;
}

export interface Attention {
  readonly kind: "attention";
  readonly layer: AttentionLayer;
  /** Of the layer alone. Default: that of the model, if it has one. */
  readonly relativeBias: RelativeBias | undefined;
  /** Factors of the queries by position. */
  readonly queryFactors: Tensor | undefined;
  /** In the place of `qkv`. */
  readonly latent: LatentHeads | undefined;
  /**
   * Queries, keys and values: C -> (H + 2 Hkv) D; of latent attention queries only; with H D gates of the
   * output after the queries.
   */
  readonly qkv: Linear;
  /** Columns of the gates of the output among those of `qkv`. */
  readonly outputGate: Columns | undefined;
  /** Norms of queries and keys before the rotation, and after it. */
  readonly headNorms: readonly HeadsNorm[];
  readonly rotatedNorms: readonly HeadsNorm[];
  /** Rotary positions of queries and keys. */
  readonly rotary: RotaryTable | undefined;
  /** H D -> C */
  readonly output: Linear;
}

/**
 * Latent attention. In shapes K is the width of the latent vector, R are the rotated dimensions of a head, N
 * others.
 */
export interface LatentHeads {
  readonly sizes: LatentSizes;
  readonly queries: {
    /** C -> width of a short vector, and its norm. Absent: queries follow from the input. */
    readonly down: Linear | undefined;
    readonly downNorm: Norm | undefined;
    /** -> H (N + R) */
    readonly up: Linear;
  };
  readonly latent: {
    /** C -> K + R */
    readonly down: Linear;
    /** Of the first K. */
    readonly norm: Norm;
  };
  /** N -> K for each head */
  readonly keys: MatrixTable;
  /** K -> Dv for each head */
  readonly values: MatrixTable;
}

export interface FeedForward {
  readonly config: FeedForwardConfig;
  /** Standard deviations above the mean below which a gate is zero. */
  readonly cutoff: number | undefined;
  /** Name of the hidden layer after its activation. */
  readonly active: string;
  /** C -> F, or C -> [gate F | up F] */
  readonly up: Linear;
  /** F -> C */
  readonly down: Linear;
}

export interface DenseMlp extends FeedForward {
  readonly kind: "dense";
}

/** A mixture of experts. */
export interface Experts {
  readonly kind: "experts";
  /** Name of the weighted sum of the experts. */
  readonly name: string;
  /** Of one expert. */
  readonly config: FeedForwardConfig;
  readonly router: ExpertRouter;
  /** Norms of the input and of the weighted sum. */
  readonly before: Norm | undefined;
  readonly after: Norm | undefined;
  /** C -> [gate F | up F] for each expert */
  readonly up: AdaptedExperts;
  /** F -> C for each expert */
  readonly down: AdaptedExperts;
  readonly shared: SharedExpert | undefined;
}

export interface ExpertRouter extends Router {
  readonly norm: Norm | undefined;
  /** C -> E */
  readonly linear: Linear;
}

/** The feed-forward layer beside the experts. */
export interface SharedExpert {
  readonly before: Norm | undefined;
  readonly mlp: FeedForward;
  /** C -> 1 */
  readonly gate: Linear | undefined;
  readonly after: Norm | undefined;
}

/** The norms around a sublayer. An absent norm is the identity. */
export interface Branch {
  /** Name of the residual stream after the sublayer. */
  readonly name: string;
  /** Name of what the sublayer adds to it. */
  readonly added: string;
  /** Norm of the input. */
  readonly before: Norm | undefined;
  /** Norm of the output. */
  readonly after: Norm | undefined;
  /** Factor of the output. */
  readonly scale: number;
  readonly beside: LowRankLayer | undefined;
  /** Norm of the residual sum, and its factor. */
  readonly sum: Norm | undefined;
  readonly sumScale: number;
  /** The residual sum begins with the normed input. */
  readonly addsToNormed: boolean;
}

/** Attention over what the encoder has read (Vaswani et al. 2017). */
export interface CrossAttention {
  readonly branch: Branch;
  /** Of rows with queries alone. */
  readonly layer: AttentionLayer;
  /** Of rows with keys and values alone. */
  readonly stored: AttentionLayer;
  /** C -> H D */
  readonly query: Linear;
  /** C -> 2 Hkv D */
  readonly keysValues: Linear;
  /** H D -> C */
  readonly output: Linear;
}

export interface Block {
  /** Name of the residual stream that it reads. */
  readonly hidden: string;
  readonly attentionBranch: Branch;
  readonly mixer: Mixer;
  readonly cross: CrossAttention | undefined;
  readonly mlpBranch: Branch;
  readonly mlp: DenseMlp | Experts;
  readonly parallel: boolean;
  readonly input: LayerInput | undefined;
  readonly streams: LayerStreams | undefined;
  /** Factor of the output. */
  readonly scale: number;
}

/** Consecutive layers in one memory. */
export interface Stage {
  readonly blocks: readonly Block[];
}

/** What attention adds to scores by the distance of key and row (T5): a row of weights for each distance. */
export interface RelativeBias {
  readonly table: Embedding;
  /** The bucket of each distance, from the most negative one on. */
  readonly buckets: Indices;
}

/** A model up to its last hidden states. */
export interface Body {
  readonly config: DecoderConfig;
  readonly embedding: InputEmbedding;
  readonly relativeBias: RelativeBias | undefined;
  readonly layerInputs: LayerInputs | undefined;
  readonly streams: Streams | undefined;
  readonly stages: readonly Stage[];
  /** Rotary angles of long sequences, if those of short ones differ. */
  readonly longAngles: LongAngles | undefined;
  /** Name of the residual stream after the last block. */
  readonly hidden: string;
  readonly finalNorm: Norm | undefined;
}

export interface Decoder extends Body {
  /** C -> V, or to the classes of a classifier */
  readonly head: Head;
  readonly encoder: Body | undefined;
}
