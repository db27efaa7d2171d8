/** Log-likelihoods of continuations -> probabilities, if one of them it is. */
import { exp } from "../../generate/sampling/exp.ts";

export function shares(logprobs: readonly number[]): readonly number[] {
  const most = Math.max(...logprobs);
  const weights = logprobs.map((logprob) => exp(logprob - most));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}
