import type { Metric, Score } from "../../../evaluate/metrics/metric.ts";
import type { Estimate } from "../../../evaluate/metrics/significance/resampling.ts";

/** The score of a system by a metric. */
export interface Result {
  readonly system: string;
  readonly metric: Metric;
  readonly score: Score;
  readonly signature: string;
  readonly estimate?: Estimate | undefined;
  /** How likely the difference from the first system is by chance. */
  readonly pValue?: number | undefined;
}
