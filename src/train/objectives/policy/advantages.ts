/** From scores of rollouts to advantages: rewards of ids, generalised advantage estimation, whitening. */

export interface ScoredRollout {
  /** Log-probabilities of the ids of the response, when it was written and under the reference. */
  readonly logprobs: readonly number[];
  readonly refLogprobs: readonly number[];
  /** Value of the state before each id. */
  readonly values: readonly number[];
  /** Of the whole response. */
  readonly score: number;
}

export interface AdvantageSettings {
  /** Price of the distance from the reference. */
  readonly klCoef: number;
  /** Its estimator: log p - log p_ref, or e^d - d - 1 with d = log p_ref - log p. */
  readonly klEstimator: "k1" | "k3";
  readonly gamma: number;
  readonly lam: number;
  readonly whitenRewards: boolean;
}

export interface Advantages {
  /** Whitened over all rollouts. */
  readonly advantages: readonly number[];
  /** Advantage + value, before the whitening. */
  readonly returns: readonly number[];
}

/**
 * delta_i = r_i + gamma V_{i+1} - V_i, A_i = delta_i + gamma lambda A_{i+1} (Schulman et al. 2015). The value
 * after the last id is 0. The score is added to the reward of the last id (Ziegler et al. 2019).
 */
export function advantagesOf(
  rollouts: readonly ScoredRollout[],
  settings: AdvantageSettings,
): readonly Advantages[] {
  const given = rollouts.map((rollout) => rewardsOf(rollout, settings));
  const rewards = settings.whitenRewards ? whitened(given, true) : given;
  const plain = rollouts.map(({ values }, i) => estimate(rewards[i] ?? [], values, settings));
  const white = whitened(plain, false);
  return rollouts.map(({ values }, i) => ({
    advantages: white[i] ?? [],
    returns: (plain[i] ?? []).map((advantage, t) => advantage + (values[t] ?? 0)),
  }));
}

export function rewardsOf(
  { logprobs, refLogprobs, score }: ScoredRollout,
  { klCoef, klEstimator }: Pick<AdvantageSettings, "klCoef" | "klEstimator">,
): number[] {
  const last = logprobs.length - 1;
  return logprobs.map((logprob, t) => {
    const distance = logprob - (refLogprobs[t] ?? 0);
    const kl = klEstimator === "k1" ? distance : Math.expm1(-distance) + distance;
    return (t === last ? score : 0) - klCoef * kl;
  });
}

function estimate(
  rewards: readonly number[],
  values: readonly number[],
  { gamma, lam }: Pick<AdvantageSettings, "gamma" | "lam">,
): number[] {
  const advantages = new Array<number>(rewards.length);
  let next = 0;
  for (let t = rewards.length - 1; t >= 0; t--) {
    const delta = (rewards[t] ?? 0) + gamma * (values[t + 1] ?? 0) - (values[t] ?? 0);
    next = delta + gamma * lam * next;
    advantages[t] = next;
  }
  return advantages;
}

/** (x - mean) / sqrt(variance + 1e-8) over all lists, with n - 1. @param keepsMean adds the mean again */
function whitened(lists: readonly (readonly number[])[], keepsMean: boolean): number[][] {
  const { mean, variance } = momentsOf(lists.flat());
  const scale = 1 / Math.sqrt(variance + 1e-8);
  return lists.map((list) => list.map((value) => (value - mean) * scale + (keepsMean ? mean : 0)));
}

/** Mean, and variance with n - 1. */
export function momentsOf(values: readonly number[]): { readonly mean: number; readonly variance: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, variance: values.length > 1 ? squares / (values.length - 1) : 0 };
}
