/** The measurements of all rounds as Markdown: what each engine did, and how many times the others we are. */
import { readFileSync } from "node:fs";
import { arch, availableParallelism, cpus, platform } from "node:os";
import { join } from "node:path";
import { spread } from "./statistics.js";

/**
 * @typedef {import("./measure.js").Measurement} Measurement
 *
 * @typedef {object} Entry  a contender under one Node
 * @property {import("./contenders.js").Contender} contender
 * @property {{ binary: string, version: string }} node
 * @property {Measurement[]} runs  one a round
 * @property {string} unavailable  why it has none, or ""
 */

/** @type {readonly { title: string, of: (run: Measurement) => number }[]} */
const speeds = [
  { title: "prompt", of: (run) => run.prompt.tokensPerSecond },
  { title: "generation", of: (run) => run.generation.tokensPerSecond },
];

/**
 * @param {readonly Entry[]} entries
 * @param {import("./workload.js").Workload} workload
 * @returns {string}
 */
export function report(entries, workload) {
  const measured = entries.filter(({ runs }) => runs.length > 0);
  const missing = entries.filter(({ unavailable }) => unavailable);
  const sections = [
    `# Side by side, ${new Date().toISOString().slice(0, 10)}`,
    setting(workload),
    `Interleaved rounds: ${Math.max(...entries.map(({ runs }) => runs.length))}; the median (lowest-highest).`,
    runsTable(measured),
    "onnxruntime-web runs the plain graph, after Hugging Face Optimum's export, with default options: what users get. " +
      "_Fused graph_: the same weights in the fastest graph and options there are for it ([README.md](README.md)).",
    ...ratios(measured),
    ...missing.map((entry) => `Not run: ${title(entry)} (${entry.unavailable}).`),
    agreement(measured),
  ];
  return `${sections.join("\n\n")}\n`;
}

const title = (/** @type {Entry} */ { contender, node }) => `${contender.name}, Node ${node.version}`;

/** @param {import("./workload.js").Workload} workload */
function setting({ checkpoint, threads, prompt, generate }) {
  const { n_layer, n_head, n_embd, vocab_size } = JSON.parse(
    readFileSync(join(checkpoint, "config.json"), "utf8"),
  );
  return (
    `GPT-2 with random F32 weights: ${n_layer} layers, ${n_head} heads, width ${n_embd}, vocabulary ${vocab_size}. ` +
    `Threads: ${threads}. A prompt of ${prompt} ids, then ${generate} one by one. ` +
    `${cpus()[0]?.model.trim()}, ${availableParallelism()} cores, ${platform()} ${arch()}.`
  );
}

/** @param {readonly Entry[]} entries */
function runsTable(entries) {
  const rows = entries.map(({ contender, node, runs }) => {
    const cores = [runs.map((run) => run.prompt.cores), runs.map((run) => run.generation.cores)];
    return [
      contender.name,
      runs[0].version,
      node.version,
      ...speeds.map(({ of }) => format(spread(runs.map(of)), 1)),
      cores.map((values) => spread(values).median.toFixed(1)).join(", "),
      format(spread(runs.map((run) => run.loadSeconds)), 1),
      format(spread(runs.map((run) => run.peakBytes / 1e6)), 0),
    ];
  });
  const units = speeds.map((speed) => `${speed.title}, tokens/s`);
  return table(["engine", "version", "Node", ...units, "cores at work", "load, s", "peak memory, MB"], rows);
}

/** Ours over theirs. @param {readonly Entry[]} entries @returns {string[]} nothing where there is no pair */
function ratios(entries) {
  const ours = entries.filter(({ contender }) => contender.ours);
  const theirs = entries.filter(({ contender }) => !contender.ours);
  const rows = ours.flatMap((us) =>
    theirs
      .filter((them) => them.node === us.node)
      .map((them) => {
        const ratio = (/** @type {typeof speeds[number]} */ { of }) =>
          spread(us.runs.map((run, round) => of(run) / of(them.runs[round])));
        const name = `${us.contender.name} / ${them.contender.name}`;
        return [name, us.node.version, ...speeds.map((speed) => `${format(ratio(speed), 2)} x`)];
      }),
  );
  if (rows.length === 0) return [];
  const header = ["ratio", "Node", ...speeds.map((speed) => speed.title)];
  return ["One over the other, under the same Node, round by round:", table(header, rows)];
}

/** Whether all computed the same: their most probable ids, held against the first's. @param {readonly Entry[]} entries */
function agreement([first, ...others]) {
  if (first === undefined) return "";
  const lines = others.map((entry) => {
    const equal = entry.runs[0].picks.filter((id, i) => id === first.runs[0].picks[i]).length;
    return `- ${title(entry)}: ${equal} of ${first.runs[0].picks.length}`;
  });
  return [`Steps at which the most probable id is that of ${title(first)}:`, "", ...lines].join("\n");
}

/** @param {import("./statistics.js").Spread} spread @param {number} digits */
const format = ({ median, low, high }, digits) =>
  `${median.toFixed(digits)} (${low.toFixed(digits)}-${high.toFixed(digits)})`;

/** @param {readonly string[]} header @param {readonly (readonly string[])[]} rows */
function table(header, rows) {
  const line = (/** @type {readonly string[]} */ cells) => `| ${cells.join(" | ")} |`;
  return [line(header), line(header.map(() => "---")), ...rows.map(line)].join("\n");
}
