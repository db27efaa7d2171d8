/** Models on one text, as a table for people. */
import type { Comparison } from "../../evaluate/perplexity/compare.ts";
import { counted } from "./format.ts";
import { visibleText } from "./pieces.ts";
import { table } from "./table.ts";

/** @param others what the model is compared with, and their names */
export function comparisonTable(
  name: string,
  ...others: readonly (readonly [name: string, comparison: Comparison])[]
): string {
  const [[, first]] = others as [(typeof others)[number]];
  const { windows, tokens, perplexity } = first;
  const each = (cell: (comparison: Comparison) => string) => others.map(([, own]) => cell(own));
  const rows = [
    ["", visibleText(name), ...others.map(([other]) => other)],
    [
      "perplexity",
      number(perplexity),
      ...each(({ otherPerplexity }) => number(otherPerplexity)),
      ...(others.length === 1 ? each(change) : []),
    ],
    ...(others.length === 1 ? [] : [["change", "", ...each(change)]]),
    ["mean KL divergence", "", ...each(({ divergence }) => number(divergence))],
    ["same top token", "", ...each(({ sameTop }) => `${(100 * sameTop).toFixed(2)}%`)],
  ];
  return `${table(rows)}\n${counted(tokens, "token")} in ${counted(windows, "window")}\n`;
}

function change({ perplexity, otherPerplexity }: Comparison): string {
  const percent = 100 * (otherPerplexity / perplexity - 1);
  return `${percent < 0 ? "" : "+"}${percent.toFixed(2)}%`;
}

/** Five significant digits. */
const number = (value: number): string =>
  value !== 0 && value < 1e-4 ? value.toExponential(2) : value.toPrecision(5);
