/**
 * Multi-head latent attention (DeepSeek-AI 2024) as data: keys and values follow from a short vector of each
 * position, and all heads share the part of their keys that is rotated.
 */
export interface LatentConfig {
  /** Width of the vector that the queries follow from. Default: they follow from the hidden state. */
  readonly queryRank?: number;
  /** Width of the vector that keys and values follow from. */
  readonly rank: number;
  /** Dimensions of a query and of a key that are rotated. */
  readonly rotated: number;
  /** Files have the rotated dimensions as halves; the others have pair after pair. */
  readonly inHalves?: true;
  /** Of the norms of both vectors. */
  readonly epsilon: number;
}
