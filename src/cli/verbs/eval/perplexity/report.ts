/** Perplexity as tables for people. */
import type { Change, Spread } from "../../../../evaluate/perplexity/change.ts";
import type { Perplexity } from "../../../../evaluate/perplexity/measure.ts";
import type { Estimate } from "../../../../evaluate/statistics.ts";
import { counted } from "../../../terminal/format.ts";
import { printable } from "../../../terminal/output.ts";
import { table } from "../../../terminal/table.ts";

export function perplexityTable(result: Perplexity, name: string): string {
  const rows = [
    ["", printable(name), "±"],
    ["perplexity", ...cells(result.perplexity)],
    ["of a word", ...cells(result.wordPerplexity)],
    ["of a byte", ...cells(result.bytePerplexity)],
    ["bits per byte", ...cells(result.bitsPerByte)],
  ];
  const sizes = `${counted(result.tokens, "token")} in ${counted(result.windows, "window")}`;
  return `${table(rows)}${sizes}: ${result.protocol}\n`;
}

export function changeTable(change: Change, name: string): string {
  const rows = [
    ["", printable(name), "±"],
    ["perplexity", ...cells(change.otherPerplexity)],
    ["ratio", ...cells(change.ratio)],
    ["ln ratio", ...cells(change.logRatio)],
    ["difference", ...cells(change.difference)],
    ["correlation", percent(change.correlation)],
    ["same top token", ...shares(change.sameTop)],
    ["RMS of probability's change", ...shares(change.rootMeanSquare)],
    ...spreadRows("KL divergence", change.divergence, number),
    ...spreadRows("probability's change", change.probability, percent),
  ];
  return `\n${table(rows)}`;
}

function spreadRows(what: string, spread: Spread, show: (value: number) => string): string[][] {
  const { mean, maximum, minimum, percentiles } = spread;
  return [
    [`${what}, mean`, show(mean.value), show(mean.error)],
    ["  maximum", show(maximum)],
    ...percentiles.map(({ percent, value }) => [percent === 50 ? "  median" : `  ${percent}%`, show(value)]),
    ["  minimum", show(minimum)],
  ];
}

const cells = ({ value, error }: Estimate): string[] => [number(value), number(error)];

const shares = ({ value, error }: Estimate): string[] => [percent(value), percent(error)];

const percent = (share: number): string => `${(100 * share).toFixed(3)}%`;

/** Five significant digits. */
const number = (value: number): string =>
  value !== 0 && Math.abs(value) < 1e-4 ? value.toExponential(2) : value.toPrecision(5);
