export interface NormConfig {
  /** Layer norm (Ba et al. 2016), or RMS norm (Zhang & Sennrich 2019), which does not subtract the mean. */
  readonly kind: "layernorm" | "rmsnorm";
  readonly epsilon: number;
  readonly bias: boolean;
  /** It has no weight to multiply by (Llama 4). */
  readonly unweighted?: true;
}
