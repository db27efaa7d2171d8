/** Results in the shape of lm-evaluation-harness's files, so that its readers work. */
import { sha256 } from "../../files/sha256.ts";
import type { Group, MetricName } from "../task/definition.ts";
import { groupScore, type TaskScore, valuesOf } from "./aggregate.ts";
import type { Answered } from "./answered.ts";
import type { TaskResult } from "./run-task.ts";

/** Results of one model. */
export interface ModelResults {
  readonly model: string;
  readonly results: readonly TaskResult[];
  readonly groups: readonly GroupResult[];
}

export interface GroupResult {
  readonly name: string;
  readonly tasks: readonly string[];
  readonly scores: readonly TaskScore[];
  readonly items: number;
}

/** Scores of the groups of which more than one task ran. */
export function groupResults(groups: readonly Group[], results: readonly TaskResult[]): GroupResult[] {
  return groups.flatMap((group) => {
    const members = results.filter(({ task }) => task.groups?.includes(group.name));
    const [first] = members;
    if (first === undefined || members.length < 2) return [];
    const shared = first.scores.filter(({ metric }) =>
      members.every(({ scores }) => scores.some((score) => score.metric === metric)),
    );
    const scores = shared.map(({ metric, filter }) => ({
      metric,
      filter,
      ...groupScore(
        group,
        members.map((member) => {
          const score = member.scores.find((one) => one.metric === metric) as TaskScore;
          return { ...score, items: member.answers.length };
        }),
      ),
    }));
    const items = members.reduce((sum, { answers }) => sum + answers.length, 0);
    return [{ name: group.name, tasks: members.map(({ task }) => task.name), scores, items }];
  });
}

/** @param facts of the run: under `config` what the harness has there, and our manifest */
export function harnessResults({ model, results, groups }: ModelResults, facts: object): object {
  const byTask = <T>(value: (result: TaskResult) => T) =>
    Object.fromEntries(results.map((result) => [result.task.name, value(result)]));
  const named = groups.map((group) => [group.name, scoreFields(group.name, group)]);
  return {
    results: { ...byTask((result) => scoreFields(result.task.name, result)), ...Object.fromEntries(named) },
    groups: Object.fromEntries(named),
    group_subtasks: Object.fromEntries(groups.map(({ name, tasks }) => [name, tasks])),
    configs: byTask(({ task: { sources: _, ...task } }) => ({ task: task.name, ...task })),
    versions: byTask(() => "gpt-simd"),
    "n-shot": byTask(({ shots }) => shots),
    higher_is_better: byTask(({ task: { metrics } }) =>
      Object.fromEntries(metrics.map((metric) => [harnessName(metric, metrics), isBetterHigher(metric)])),
    ),
    "n-samples": byTask(({ items, answers }) => ({ original: items, effective: answers.length })),
    left_out: byTask(({ malformed, unfit }) => ({ malformed, unfit })),
    model_name: model,
    ...facts,
  };
}

const LOWER: readonly string[] = ["perplexity", "brier_score", "likelihood_diff", "pct_stereotype"];

export const isBetterHigher = (metric: string): boolean => !LOWER.includes(metric);

/** Names of the harness that two metrics share, each in tasks of its own. */
const HARNESS_NAMES: Readonly<Partial<Record<MetricName, string>>> = {
  mc2: "acc",
  answer_f1: "f1",
  answer_em: "em",
  f1_macro: "f1",
};

/** @param all metrics of the task */
function harnessName(metric: MetricName, all: readonly MetricName[]): string {
  const name = HARNESS_NAMES[metric];
  return name === undefined || all.some((other) => other === name) ? metric : name;
}

function scoreFields(
  alias: string,
  { scores }: { readonly scores: readonly TaskScore[] },
): Record<string, string | number> {
  const all = scores.map(({ metric }) => metric);
  const entries = scores.flatMap(({ metric, filter, value, error }) => {
    const name = harnessName(metric, all);
    return [
      [`${name},${filter}`, value],
      [`${name}_stderr,${filter}`, error],
    ];
  });
  return { alias, ...Object.fromEntries(entries) };
}

/** Lines of the harness's samples_TASK.jsonl: one for each answer and filter. */
export function* sampleLines({ task, answers }: TaskResult): Generator<object, void, void> {
  const filters = task.generation?.filters ?? [{ name: "none" }];
  for (const answered of answers) {
    for (const { name } of filters) yield sampleOf(answered, name);
  }
  function sampleOf(answered: Answered, filter: string): object {
    const { item, contexts, continuations } = answered.question;
    const texts = answered.kind === "choice" ? continuations : [{ until: task.generation?.until }];
    const gen = texts.map((text, i) => [`gen_args_${i}`, { arg_0: contexts[i] ?? contexts[0], arg_1: text }]);
    const responses =
      answered.kind === "choice"
        ? answered.likelihoods.map(({ sum, greedy }) => [[String(sum), greedy ? "True" : "False"]])
        : [[answered.text]];
    const { metrics } = task;
    const names = metrics.map((metric) => harnessName(metric, metrics));
    const scores = metrics.map((metric, i) => [names[i], valuesOf(task, [answered], metric, filter)[0]]);
    return {
      task: task.name,
      doc_id: item.id,
      doc: item.fields,
      target: answered.kind === "choice" ? String(item.gold) : item.target,
      arguments: Object.fromEntries(gen),
      resps: responses,
      filter,
      metrics: names,
      doc_hash: sha256(JSON.stringify(item.fields)),
      prompt_hash: sha256(contexts[0] ?? ""),
      target_hash: sha256(item.target),
      ...Object.fromEntries(scores.filter(([, value]) => Number.isFinite(value))),
    };
  }
}
