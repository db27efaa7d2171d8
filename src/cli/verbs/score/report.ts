/** Scores for people, in the lines of sacreBLEU. */
import { fixed } from "../../../evaluate/metrics/fixed.ts";
import { table } from "../../terminal/table.ts";
import type { ScoreArguments } from "./flags.ts";
import type { Result } from "./result.ts";

/** `BLEU|nrefs:1|case:mixed|.. = 26.6 58.2/32.2/19.9/12.9 (BP = 1.000 ..)`, or the number alone. */
export function scoreLine(result: Result, args: ScoreArguments): string {
  const { metric, score, signature } = result;
  if (args.scoreOnly) return number(result, args);
  const detail = score.detail === undefined ? "" : ` ${score.detail}`;
  return `${metric.name}|${signature} = ${number(result, args)}${detail}`;
}

/** With the mean of the drawn corpora and half the width of their middle 95%. */
function number({ metric, score, estimate }: Result, args: ScoreArguments): string {
  const digits = (value: number) => fixed(value, args.width ?? metric.decimals);
  if (estimate === undefined) return digits(score.score);
  return `${digits(score.score)} (μ = ${digits(estimate.mean)} ± ${digits(estimate.confidence)})`;
}

/** A row for each system, a column for each metric, and the signatures. */
export function scoreTable(results: readonly Result[], args: ScoreArguments): string {
  const systems = [...new Set(results.map(({ system }) => system))];
  const metrics = [...new Set(results.map(({ metric }) => metric))];
  const cell = (result: Result | undefined) => {
    if (result === undefined) return "";
    const p = result.pValue === undefined ? "" : ` (p = ${fixed(result.pValue, 4)})`;
    return `${number(result, args)}${p}${(result.pValue ?? 1) < 0.05 ? "*" : ""}`;
  };
  const rows = systems.map((system) => [
    system,
    ...metrics.map((metric) => cell(results.find((one) => one.system === system && one.metric === metric))),
  ]);
  if (args.scoreOnly) return table(rows);
  const signatures = metrics.map((metric) => {
    const { signature } = results.find((one) => one.metric === metric) ?? { signature: "" };
    return `${metric.name}|${signature}\n`;
  });
  const heading = ["system", ...metrics.map(({ name }) => name)];
  return `${table([heading, ...rows])}\n${signatures.join("")}`;
}
