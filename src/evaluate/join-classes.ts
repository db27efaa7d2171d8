/** Parts of classes with labels beside them: their lines, and behind them the comparison of all. */
import { GptError } from "../errors.ts";
import { isJsonObject, type JsonValue } from "../files/json.ts";
import { lineText, splitLines } from "../files/lines.ts";
import { snakeCase } from "../files/snake-case.ts";
import type { Joiner } from "../shards/join/joiner.ts";
import { bytesOf, joinLines } from "../shards/join/lines.ts";
import { type Outcome, type Report, report } from "./classification-report.ts";

/** The last line of classes, if some texts have labels. */
export const reportLine = (comparison: Report): string =>
  `${JSON.stringify(snakeCase({ report: comparison }))}\n`;

export const joinClasses: Joiner = async function* (paths) {
  yield* joinLines(paths);
  const outcomes: Outcome[] = [];
  for (const path of paths) {
    for await (const line of splitLines(bytesOf(path))) {
      const outcome = outcomeIn(path, lineText(line, path));
      if (outcome) outcomes.push(outcome);
    }
  }
  if (outcomes.length > 0) yield Buffer.from(reportLine(report(outcomes)));
};

/** Undefined for a text without a label, and for an error. @throws GptError `invalid-file` for another line */
function outcomeIn(path: string, text: string): Outcome | undefined {
  let line: JsonValue;
  try {
    line = JSON.parse(text);
  } catch (error) {
    throw new GptError("invalid-file", `${path}: holds a line that is not JSON: run its shard again`, {
      cause: error,
    });
  }
  const { expected, label } = isJsonObject(line) ? line : {};
  const isLabelled = typeof expected === "string" && typeof label === "string";
  return isLabelled ? { label: expected, predicted: label } : undefined;
}
