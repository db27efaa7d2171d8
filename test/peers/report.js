/** All results as Markdown: first what is wanted and what was reached, then each discipline. */
import { disciplineNames, disciplines } from "./disciplines.js";
import { goals, measured } from "./goals.js";
import { middle, table } from "./markdown.js";
import { spread } from "./statistics.js";

/** @param {import("./disciplines.js").Results} results @returns {string} */
export function report(results) {
  const paragraphs = [
    "# Side by side",
    "Written by `npm run bench:peers` ([README.md](README.md)). A number is the median of interleaved rounds (lowest-highest); " +
      "a ratio is taken within a round. _Reached_: the aim, the floor, or neither.",
    goalsTable(results),
  ];
  for (const name of disciplineNames) {
    const record = results[name];
    if (record === undefined) continue;
    const { title, section } = disciplines[name];
    const { date, machine, load, workload } = record;
    const rounds = Math.max(...record.outcomes.map(({ runs }) => runs.length));
    paragraphs.push(`## ${title}`, `${date}, ${machine}, rounds: ${rounds}.`);
    // The discipline before leaves its own threads in the average.
    if (load > workload.threads + 0.5) {
      paragraphs.push(`**The machine was busy before (load average ${load.toFixed(1)}): this says little.**`);
    }
    paragraphs.push(...section(record));
  }
  return `${paragraphs.join("\n\n")}\n`;
}

/** @param {import("./disciplines.js").Results} results */
function goalsTable(results) {
  const rows = goals.flatMap((goal) => {
    const { what, discipline, ours, theirs, limit, aim, lessIsBetter = false } = goal;
    const sides = [what, theirs === undefined ? ours : `${ours} / ${theirs}`];
    const wanted = [`${lessIsBetter ? "at most " : ""}${limit}`, aim === undefined ? "" : String(aim)];
    const record = results[discipline];
    const found = record === undefined ? [] : measured(goal, record);
    if (found.length === 0) return [[...sides, "", "not run", ...wanted, ""]];
    return found.map(({ node, values }) => [
      ...sides,
      node,
      middle(values, 2),
      ...wanted,
      reached(goal, values),
    ]);
  });
  return table(["what", "of", "Node", "measured", "floor", "aim", "reached"], rows);
}

/** @param {import("./goals.js").Goal} goal @param {readonly number[]} values */
function reached({ limit, aim, lessIsBetter = false }, values) {
  const { median } = spread(values);
  const passes = (/** @type {number | undefined} */ bound) =>
    bound !== undefined && (lessIsBetter ? median <= bound : median >= bound);
  return passes(aim) ? "aim" : passes(limit) ? "floor" : "**neither**";
}
