/** The status line of a run. */
import { describeScores } from "../../../evaluate/classification-report.ts";
import type { History, TrainRecord } from "../../../train/run/history.ts";
import type { RunFacts } from "../../../train/run/observer.ts";
import type { Pace } from "../../../train/run/pace.ts";
import { RecentMean } from "../../../train/run/recent-mean.ts";
import type { Metrics } from "../../../train/step/metrics.ts";
import { approximately, duration, thousands } from "../../terminal/format.ts";

/** Constants that the line needs. */
export type StatusFacts = Pick<
  RunFacts,
  "steps" | "isClassifier" | "stepTokens" | "tokenFlops" | "peakFlops"
>;

export class Status {
  readonly #facts: StatusFacts;
  readonly #seconds = new RecentMean();

  constructor(facts: StatusFacts) {
    this.#facts = facts;
  }

  /** Records a step. */
  stepped({ seconds }: TrainRecord): void {
    this.#seconds.add(seconds);
  }

  /**
   * `step 120/1,000 · loss 3.214, smoothed 3.301 · validation 3.4 · lr 5.8e-4 · norm 0.83 · 4.1K tok/s · 61%
   * of peak · ...`.
   *
   * @param columns of the line; the least important parts are left out to fit
   */
  line(record: TrainRecord, history: History, pace: Pace, columns = Number.POSITIVE_INFINITY): string {
    const { step, lr, gradNorm, metrics } = record;
    const { stepTokens, tokenFlops, peakFlops, steps, isClassifier } = this.#facts;
    const validation = history.validation.at(-1);
    const value = history.valueOf(record);
    const rate = stepTokens / (this.#seconds.value ?? Number.POSITIVE_INFINITY);
    const left = pace.secondsLeft(step);
    const parts = [
      `step ${thousands(step)}${steps === undefined ? "" : `/${thousands(steps)}`}`,
      `${isClassifier ? "class loss" : history.measure} ${value.toFixed(3)}, smoothed ${(history.smoothed.at(-1)?.value ?? value).toFixed(3)}`,
      ...describePreferences(metrics),
      ...describePolicy(metrics),
      ...(validation ? [`validation ${history.valueOf(validation).toFixed(3)}`] : []),
      ...(validation?.scores ? [describeScores(validation.scores)] : []),
      `lr ${lr.toExponential(1).replace("e+0", "")}`,
      `norm ${gradNorm.toFixed(2)}`,
      // A policy writes most of its tokens itself: how many is not known before.
      ...(record.rolloutRate === undefined ? [] : [`writes ${approximately(record.rolloutRate)} tok/s`]),
      ...(history.measure === "reward"
        ? []
        : [`${approximately(rate)} tok/s`, `${Math.round((100 * rate * tokenFlops) / peakFlops)}% of peak`]),
      ...(left === undefined ? [] : [`${duration(left)} left`]),
    ];
    return fitting(parts, columns);
  }
}

/** Of preferences: the share of pairs that are told right, and by how much. */
function describePreferences(metrics: Metrics = {}): string[] {
  const share = metrics["rewards/accuracies"] ?? metrics.accuracy;
  const margin = metrics["rewards/margins"] ?? metrics.margin;
  return [
    ...(share === undefined ? [] : [`right ${Math.round(100 * share)}%`]),
    ...(margin === undefined ? [] : [`margin ${margin.toFixed(3)}`]),
  ];
}

/** Of a policy: how far it is from its reference, and the share of prompts whose answers teach nothing. */
function describePolicy(metrics: Metrics = {}): string[] {
  const { "objective/kl": kl, frac_reward_zero_std: tied } = metrics;
  return [
    ...(kl === undefined ? [] : [`KL ${kl.toFixed(3)}`]),
    ...(tied === undefined ? [] : [`tied ${Math.round(100 * tied)}%`]),
  ];
}

/** Parts that are left out, in this order. Validation has a line of its own, too. */
const EXPENDABLE = [/^validation/, /^accuracy/, /^norm/, /of peak$/, /^lr/, /tok\/s$/, /left$/];

function fitting(parts: readonly string[], columns: number): string {
  let left = parts;
  for (const expendable of EXPENDABLE) {
    if (left.join(SEPARATOR).length <= columns) break;
    left = left.filter((part) => !expendable.test(part));
  }
  return left.join(SEPARATOR);
}

const SEPARATOR = " · ";
