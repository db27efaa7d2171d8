/** Scores of a task from those of its items, with standard errors, as lm-evaluation-harness defines them. */
import { report } from "../classification-report.ts";
import { createBleu } from "../metrics/bleu.ts";
import { createChrf } from "../metrics/chrf.ts";
import { matthews } from "../metrics/matthews.ts";
import { corpusScore, type Metric } from "../metrics/metric.ts";
import { type Estimate, meanOf } from "../statistics.ts";
import type { Group, MetricName, Task } from "../task/definition.ts";
import { type Answered, predictionOf } from "./answered.ts";
import { choiceMetrics } from "./choice-metrics.ts";
import { PythonRandom } from "./python-random.ts";
import { answerIn, textMetrics } from "./text-metrics.ts";

/** A score of a task. */
export interface TaskScore extends Estimate {
  readonly metric: MetricName;
  /** The filter that took the answers out of texts; `none` without one. */
  readonly filter: string;
}

/** Draws of the bootstrap: more of a metric of labels, fewer of one of texts. */
const DRAWS = 2000;
const TEXT_DRAWS = 100;

export function scoresOf(task: Task, answers: readonly Answered[]): TaskScore[] {
  const filters = task.generation?.filters ?? [{ name: "none" }];
  if (answers.length === 0) return [];
  return filters.flatMap((filter) =>
    task.metrics.map((metric) => {
      const whole = wholeMetrics[metric];
      const value = whole?.(answers, filter.name, task) ?? meanScore(task, answers, metric, filter.name);
      return { metric, filter: filter.name, ...value };
    }),
  );
}

/** The value of each item. @param filter its name */
export function valuesOf(
  task: Task,
  answers: readonly Answered[],
  metric: MetricName,
  filter: string,
): number[] {
  return answers.map((answered) => {
    if (answered.kind === "choice") return choiceMetrics[metric]?.(answered, task) ?? Number.NaN;
    const { generation } = task;
    if (generation === undefined) return Number.NaN;
    const answer = filtered(task, answered.text, filter);
    return textMetrics[metric]?.(answer, answered.question.item.target, generation) ?? Number.NaN;
  });
}

function filtered({ generation }: Task, text: string, name: string): string {
  const filter = generation?.filters.find((one) => one.name === name);
  return filter === undefined ? text : answerIn(text, filter);
}

const meanScore = (task: Task, answers: readonly Answered[], metric: MetricName, filter: string): Estimate =>
  meanOf(valuesOf(task, answers, metric, filter));

interface Label {
  readonly label: string;
  readonly predicted: string;
}

const labelsOf = (answers: readonly Answered[]): Label[] =>
  answers.flatMap((answered) =>
    answered.kind === "choice"
      ? [{ label: String(answered.question.item.gold[0]), predicted: String(predictionOf(answered)) }]
      : [],
  );

/** F1 of the class 1. */
const binaryF1 = (labels: readonly Label[]): number =>
  report(labels).classes.find(({ label }) => label === "1")?.f1 ?? 0;

const ofLabels =
  (statistic: (labels: readonly Label[]) => number) =>
  (answers: readonly Answered[]): Estimate =>
    bootstrapped(labelsOf(answers), statistic, DRAWS);

const ofTexts =
  (metric: Metric) =>
  (answers: readonly Answered[], filter: string, task: Task): Estimate => {
    const segments = answers.flatMap((answered) =>
      answered.kind === "text"
        ? [
            {
              hypothesis: filtered(task, answered.text, filter),
              references: [answered.question.item.target],
            },
          ]
        : [],
    );
    return bootstrapped(segments, (drawn) => corpusScore(metric, drawn).score, TEXT_DRAWS);
  };

/** Metrics of all items together. */
const wholeMetrics: Readonly<
  Partial<Record<MetricName, (answers: readonly Answered[], filter: string, task: Task) => Estimate>>
> = {
  mcc: ofLabels(matthews),
  f1: ofLabels(binaryF1),
  f1_macro: ofLabels((labels) => report(labels).macroF1),
  bleu: ofTexts(createBleu()),
  chrf: ofTexts(createChrf()),
  // Of a last word: e to the mean of minus the log-likelihoods.
  perplexity: (answers, filter, task) => {
    const { value, error } = meanScore(task, answers, "perplexity", filter);
    return { value: Math.exp(-value), error: Math.exp(-value) * error };
  },
};

/** The error is the deviation of the statistic over draws with replacement, with Python's `Random(0)`. */
function bootstrapped<T>(
  items: readonly T[],
  statistic: (items: readonly T[]) => number,
  draws: number,
): Estimate {
  const random = new PythonRandom(0);
  const found = Array.from({ length: draws }, () =>
    statistic(items.map(() => items[Math.floor(random.random() * items.length)] as T)),
  );
  const mean = found.reduce((sum, value) => sum + value, 0) / draws;
  const squares = found.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { value: statistic(items), error: Math.sqrt(squares / (draws - 1)) };
}

/** A member of a group. */
export interface Member extends Estimate {
  /** Number of items. */
  readonly items: number;
}

/** A mean over the items of all members, with a pooled error; or a plain mean over the members. */
export function groupScore({ bySize }: Group, members: readonly Member[]): Estimate {
  if (!bySize) {
    const { value } = meanOf(members.map((member) => member.value));
    const squares = members.reduce((sum, { error }) => sum + error ** 2, 0);
    return { value, error: Math.sqrt(squares) / members.length };
  }
  const total = members.reduce((sum, { items }) => sum + items, 0);
  const value = members.reduce((sum, member) => sum + member.value * member.items, 0) / total;
  const variance = members.reduce((sum, { items, error }) => sum + (items - 1) * error ** 2 * items, 0);
  return { value, error: Math.sqrt(variance / Math.max(1, total - members.length) / total) };
}
