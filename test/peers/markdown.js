/** Pieces of RESULTS.md. */
import { spread } from "./statistics.js";

/** @param {readonly string[]} header @param {readonly (readonly string[])[]} rows */
export function table(header, rows) {
  const line = (/** @type {readonly string[]} */ cells) => `| ${cells.join(" | ")} |`;
  return [line(header), line(header.map(() => "---")), ...rows.map(line)].join("\n");
}

/** The median (lowest-highest); nothing where nothing was measured. @param {readonly number[]} values @param {number} digits */
export function middle(values, digits) {
  if (values.length === 0) return "";
  const { median, low, high } = spread(values);
  return `${median.toFixed(digits)} (${low.toFixed(digits)}-${high.toFixed(digits)})`;
}

/** @param {import("./rounds.js").Outcome} outcome */
export const title = ({ name, node }) => `${name}, Node ${node}`;

/** @param {readonly import("./rounds.js").Outcome[]} outcomes @returns {string[]} a line for each that did not run */
export const notRun = (outcomes) =>
  outcomes.flatMap((outcome) =>
    outcome.unavailable ? [`Not run: ${title(outcome)} (${outcome.unavailable}).`] : [],
  );
