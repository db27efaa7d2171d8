/** Parallel residual streams (AltUp, Baykal et al. 2023), as Gemma 3n has them. */

export interface StreamsConfig {
  readonly count: number;
  /**
   * The stream that layers compute. The others are predicted, and corrected by the error of its prediction.
   */
  readonly active: number;
  /** Its elements have factors before the vector of the layer enters. */
  readonly scaled: boolean;
  /** Of the RMS norm of the router's input. */
  readonly epsilon: number;
}

/** A layer of low rank beside a sublayer: x + norm(up(down(x))) (LAuReL, Menghani et al. 2024). */
export interface LowRankConfig {
  readonly rank: number;
  /** Of the RMS norm. */
  readonly epsilon: number;
}
