/** Scores of tasks as a table for people. */

import type { TaskScore } from "../../../../evaluate/harness/aggregate.ts";
import { isBetterHigher, type ModelResults } from "../../../../evaluate/harness/results.ts";
import { thousands } from "../../../terminal/format.ts";
import { printable } from "../../../terminal/output.ts";
import { table } from "../../../terminal/table.ts";

/** Models are named where there are several. */
export function resultTable(all: readonly ModelResults[]): string {
  const rows = all.flatMap(({ model, results, groups }) => {
    const rowsOf = (name: string, items: number, shots: string, scores: readonly TaskScore[]) =>
      scores.map((score, i) => [
        ...(all.length > 1 ? [printable(model)] : []),
        ...(i === 0 ? [printable(name), thousands(items), shots] : ["", "", ""]),
        score.filter,
        score.metric,
        isBetterHigher(score.metric) ? "↑" : "↓",
        score.value.toFixed(4),
        score.error.toFixed(4),
      ]);
    return [
      ...groups.flatMap(({ name, items, scores }) => rowsOf(name, items, "", scores)),
      ...results.flatMap(({ task, answers, shots, scores }) =>
        rowsOf(task.name, answers.length, String(shots), scores),
      ),
    ];
  });
  const heading = ["task", "items", "shots", "filter", "metric", "", "value", "±"];
  const first = all.length > 1 ? ["model"] : [];
  const left = all.length > 1 ? [0, 1, 4, 5, 6] : [0, 3, 4, 5];
  return table([[...first, ...heading], ...rows], left);
}
