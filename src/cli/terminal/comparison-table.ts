/** Two models on one text, as a table for people. */
import type { Comparison } from "../../evaluate/perplexity/compare.ts";
import { counted } from "./format.ts";
import { visibleText } from "./pieces.ts";
import { table } from "./table.ts";

/** @param name, type names of the two models */
export function comparisonTable(comparison: Comparison, name: string, type: string): string {
  const { windows, tokens, perplexity, otherPerplexity, divergence, sameTop } = comparison;
  const change = 100 * (otherPerplexity / perplexity - 1);
  const rows = [
    ["", visibleText(name), type],
    [
      "perplexity",
      number(perplexity),
      number(otherPerplexity),
      `${change < 0 ? "" : "+"}${change.toFixed(2)}%`,
    ],
    ["mean KL divergence", "", number(divergence)],
    ["same top token", "", `${(100 * sameTop).toFixed(2)}%`],
  ];
  return `${table(rows)}\n${counted(tokens, "token")} in ${counted(windows, "window")}\n`;
}

/** Five significant digits. */
const number = (value: number): string =>
  value !== 0 && value < 1e-4 ? value.toExponential(2) : value.toPrecision(5);
