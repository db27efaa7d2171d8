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

/**
 * A line for each contender that ran under no Node.
 *
 * @param {readonly import("./rounds.js").Outcome[]} outcomes
 * @returns {string[]}
 */
export function notRun(outcomes) {
  const hasRun = new Set(outcomes.filter(({ unavailable }) => !unavailable).map(({ name }) => name));
  const missing = outcomes.filter(({ name }) => !hasRun.has(name));
  return missing.map((outcome) => `Not run: ${title(outcome)} (${outcome.unavailable}).`);
}
