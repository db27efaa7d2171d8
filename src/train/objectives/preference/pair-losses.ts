/**
 * Losses of a pair of completions by the log-ratios of policy and reference. lc, lr: sums over the ids of the
 * chosen and the rejected completion of log p_policy - log p_reference; d = lc - lr; S(x) = log sigmoid(x).
 */

export interface PairRatios {
  /** Log-ratio of the chosen completion, and number of its ids. */
  readonly chosen: number;
  readonly chosenLength: number;
  readonly rejected: number;
  readonly rejectedLength: number;
}

export interface PairLossSettings {
  readonly beta: number;
  /** Probability that a pair is labelled the wrong way round. */
  readonly labelSmoothing: number;
}

/** A loss, and its derivatives by the two log-ratios. */
export interface PairLoss {
  readonly loss: number;
  readonly chosen: number;
  readonly rejected: number;
}

type Formula = (ratios: PairRatios, settings: PairLossSettings) => PairLoss;

export const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
/** Without overflow. */
export const logSigmoid = (x: number): number => Math.min(x, 0) - Math.log1p(Math.exp(-Math.abs(x)));
const slope = (x: number): number => sigmoid(x) * sigmoid(-x);

/** A function of x = beta d, with its derivative. */
const ofDifference =
  (work: (x: number, labelSmoothing: number) => readonly [loss: number, derivative: number]): Formula =>
  ({ chosen, rejected }, { beta, labelSmoothing }) => {
    const [loss, derivative] = work(beta * (chosen - rejected), labelSmoothing);
    return { loss, chosen: beta * derivative, rejected: -beta * derivative };
  };

/** -(1 - e) S(x) - e S(-x) */
const smoothed = (x: number, e: number): readonly [number, number] => [
  -(1 - e) * logSigmoid(x) - e * logSigmoid(-x),
  -(1 - e) * sigmoid(-x) + e * sigmoid(x),
];

/** Temperature of the mixture of DiscoPOP. */
const DISCOPOP = 0.05;

export const PAIR_LOSSES = {
  /** Rafailov et al. 2023; with label smoothing cDPO. */
  sigmoid: ofDifference(smoothed),
  cdpo: ofDifference(smoothed),
  /** Chowdhury et al. 2024 */
  robust: ofDifference((x, e) => {
    const [loss, derivative] = [
      -(1 - e) * logSigmoid(x) + e * logSigmoid(-x),
      -(1 - e) * sigmoid(-x) - e * sigmoid(x),
    ];
    return [loss / (1 - 2 * e), derivative / (1 - 2 * e)];
  }),
  /** Azar et al. 2023, with averages per id as its authors advise. */
  ipo: ({ chosen, chosenLength, rejected, rejectedLength }, { beta }) => {
    const distance = chosen / chosenLength - rejected / rejectedLength - 1 / (2 * beta);
    return {
      loss: distance ** 2,
      chosen: (2 * distance) / chosenLength,
      rejected: (-2 * distance) / rejectedLength,
    };
  },
  /** SLiC (Zhao et al. 2023) */
  hinge: ofDifference((x) => [Math.max(0, 1 - x), x < 1 ? -1 : 0]),
  /** Ji et al. 2024: reverse KL between sigmoid(x) and 1 - e. */
  exo_pair: ofDifference((x, e) => {
    const q = sigmoid(x);
    const loss = q * (logSigmoid(x) - Math.log(1 - e)) + sigmoid(-x) * (logSigmoid(-x) - Math.log(e));
    return [loss, q * sigmoid(-x) * (x - Math.log((1 - e) / e))];
  }),
  /** Chen et al. 2024 */
  nca_pair: ({ chosen, rejected }, { beta }) => ({
    loss: -logSigmoid(beta * chosen) - logSigmoid(-beta * chosen) / 2 - logSigmoid(-beta * rejected) / 2,
    chosen: beta * (sigmoid(beta * chosen) / 2 - sigmoid(-beta * chosen)),
    rejected: (beta * sigmoid(beta * rejected)) / 2,
  }),
  /** Jung et al. 2024, without its running mean. */
  bco_pair: ({ chosen, rejected }, { beta }) => ({
    loss: -logSigmoid(beta * chosen) - logSigmoid(-beta * rejected),
    chosen: -beta * sigmoid(-beta * chosen),
    rejected: beta * sigmoid(beta * rejected),
  }),
  /** Wu et al. 2024 */
  sppo_hard: ({ chosen, rejected }, { beta }) => {
    const [a, b] = [chosen - 1 / (2 * beta), rejected + 1 / (2 * beta)];
    return { loss: a ** 2 + b ** 2, chosen: 2 * a, rejected: 2 * b };
  },
  /** D'Oosterlinck et al. 2024 */
  apo_zero: ({ chosen, rejected }, { beta }) => ({
    loss: 1 - sigmoid(beta * chosen) + sigmoid(beta * rejected),
    chosen: -beta * slope(beta * chosen),
    rejected: beta * slope(beta * rejected),
  }),
  apo_down: ({ chosen, rejected }, { beta }) => {
    const x = beta * (chosen - rejected);
    return {
      loss: sigmoid(beta * chosen) + 1 - sigmoid(x),
      chosen: beta * (slope(beta * chosen) - slope(x)),
      rejected: beta * slope(x),
    };
  },
  /** Lu et al. 2024 */
  discopop: ofDifference((x) => {
    const m = sigmoid(x / DISCOPOP);
    const dm = slope(x / DISCOPOP) / DISCOPOP;
    const loss = -logSigmoid(x) * (1 - m) + Math.exp(-x) * m;
    return [loss, -sigmoid(-x) * (1 - m) + logSigmoid(x) * dm - Math.exp(-x) * (m - dm)];
  }),
  /** Meng et al. 2024, with a reference. */
  sigmoid_norm: ({ chosen, chosenLength, rejected, rejectedLength }, { beta }) => {
    const x = beta * (chosen / chosenLength - rejected / rejectedLength);
    const derivative = -beta * sigmoid(-x);
    return {
      loss: -logSigmoid(x),
      chosen: derivative / chosenLength,
      rejected: -derivative / rejectedLength,
    };
  },
} as const satisfies Readonly<Record<string, Formula>>;

export type PairLossName = keyof typeof PAIR_LOSSES;

export const PAIR_LOSS_NAMES = Object.keys(PAIR_LOSSES) as PairLossName[];
