/** Losses that are functions of the log-probabilities of ids: cross-entropy with a weight for each row. */
import type { Head } from "../../model/modules.ts";
import type { Evaluation } from "../evaluation.ts";
import type { Sequence } from "../examples.ts";
import type { HeadRows } from "../step/head-rows.ts";
import type { Metrics } from "../step/metrics.ts";
import { differentiateRows } from "./cross-entropy.ts";
import type { Measure, Objective } from "./objective.ts";

/** The loss of a group of sequences. */
export interface TokenLoss {
  /** Its share of the loss of the step. */
  readonly loss: number;
  /** The id that each row predicts, or NO_TARGET. */
  readonly targets: readonly number[];
  /** The derivative of the loss by the log-probability of each row's target, with its sign turned. */
  readonly weights: Float32Array;
}

/** The loss of a step, group by group. */
export interface TokenJudge<S extends Sequence> {
  judge(rows: HeadRows, group: readonly S[]): Promise<TokenLoss>;
  metrics(): Metrics;
  /** Divides the logits. Default 1. */
  readonly temperature?: number;
}

/** The log-probabilities are read before the rows are differentiated. */
export const tokenObjective = <S extends Sequence>(head: Head, judge: TokenJudge<S>): Objective => ({
  head,
  dropout: 0,
  scale: 1,
  async differentiate(rows, group) {
    const { loss, targets, weights } = await judge.judge(rows, group as readonly S[]);
    await differentiateRows(rows, { targets, weights, smoothing: 0, temperature: judge.temperature });
    return loss;
  },
  metrics: () => judge.metrics(),
});

/** @param examples their number */
export async function evaluateTokens<S extends Sequence>(
  measure: Measure,
  sequences: readonly S[],
  judge: TokenJudge<S>,
  examples: number,
): Promise<Evaluation> {
  const loss = await measure(sequences, async (rows, group) => {
    return (await judge.judge(rows, group)).loss;
  });
  return { loss, targets: examples, metrics: judge.metrics() };
}
