/** Scores of attention as data: which keys a row sees, and how positions change its scores. */

/** 1 + beta ln(1 + floor((i + offset) / interval)) at position i. */
export interface QueryScaleConfig {
  readonly beta: number;
  readonly interval: number;
  readonly offset: number;
}

/** Added to the scores by the distance of key and row. */
export type ScoreBiasConfig =
  | { readonly kind: "none" }
  /** The distance times the slope of the head (Press et al. 2021) and times `scale`: 1 in Bloom. */
  | { readonly kind: "alibi"; readonly scale: number }
  /**
   * A weight of the bucket of the distance (Raffel et al. 2020). Distances from `maxDistance` on share one.
   * All layers have the same weights, or each layer its own (UMT5).
   */
  | {
      readonly kind: "relative";
      readonly buckets: number;
      readonly maxDistance: number;
      readonly perLayer?: true;
    };

/**
 * Position i sees j <= i (causal), all (full), i - size < j <= i (window), j <= i with floor(j / size) =
 * floor(i / size) (chunk), or |i - j| <= size (band, ModernBERT).
 */
export type MaskConfig =
  | { readonly kind: "causal" | "full" }
  | { readonly kind: "window" | "chunk" | "band"; readonly size: number };
