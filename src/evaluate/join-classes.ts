/** Parts of classes with labels beside them: their lines, and behind them the comparison of all. */
import { snakeCase } from "../files/snake-case.ts";
import type { Joiner } from "../shards/join/joiner.ts";
import { joinLines } from "../shards/join/lines.ts";
import { type Outcome, type Report, report } from "./classification-report.ts";
import { joinedLines } from "./joined-lines.ts";

/** The last line of classes, if some texts have labels. */
export const reportLine = (comparison: Report): string =>
  `${JSON.stringify(snakeCase({ report: comparison }))}\n`;

export const joinClasses: Joiner = async function* (paths) {
  yield* joinLines(paths);
  const outcomes: Outcome[] = [];
  for await (const { expected, label } of joinedLines(paths)) {
    // A text without a label, and an error, are not compared.
    if (typeof expected === "string" && typeof label === "string")
      outcomes.push({ label: expected, predicted: label });
  }
  if (outcomes.length > 0) yield Buffer.from(reportLine(report(outcomes)));
};
