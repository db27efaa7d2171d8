/** Prompts and generation: the trials, and what RESULTS.md tells of them. */
import { fileURLToPath } from "node:url";
import { middle, notRun, table, title } from "../markdown.js";
import { runsOf } from "../rounds.js";
import { spread } from "../statistics.js";
import { contenders } from "./contenders.js";
import { shapeOf } from "./workload.js";

/** @typedef {import("../rounds.js").Outcome} Outcome */

const script = (/** @type {string} */ path) => fileURLToPath(new URL(path, import.meta.url));

/** The trial that measures what two threads can read. */
export const readBandwidth = "read bandwidth";

/** @type {import("../disciplines.js").Discipline} */
export const inference = {
  title: "Inference",
  trials(nodes, workload) {
    const engines = nodes.flatMap((node, i) =>
      contenders
        .filter(({ everyNode }) => i === 0 || everyNode)
        .map(({ name }) => ({ name, node, args: [script("measure.js"), name, JSON.stringify(workload)] })),
    );
    const bandwidth = [script("../bandwidth.js"), String(workload.threads)];
    return [...engines, { name: readBandwidth, node: nodes[0], args: bandwidth }];
  },
  section({ outcomes, workload }) {
    const engines = outcomes.filter(({ name }) => name !== readBandwidth);
    const measured = engines.filter((outcome) => runsOf(outcome).length > 0);
    return [
      setting(workload),
      enginesTable(measured),
      "onnxruntime-web runs the plain graph, after Hugging Face Optimum's export, with default options: what users get. " +
        "_Fused graph_: the same weights in the fastest graph and options there are for it ([README.md](README.md)).",
      ...notRun(outcomes),
      ...bandwidthLine(outcomes),
      agreement(measured),
    ];
  },
};

/** @param {import("./workload.js").Workload} workload */
function setting({ checkpoint, threads, prompt, generate }) {
  const { n_layer, n_head, n_embd, vocab_size } = shapeOf(checkpoint);
  return (
    `GPT-2 with random weights: ${n_layer} layers, ${n_head} heads, width ${n_embd}, vocabulary ${vocab_size}. ` +
    `Threads: ${threads}. A prompt of ${prompt} ids, then ${generate} one by one.`
  );
}

/** @param {readonly Outcome[]} outcomes */
function enginesTable(outcomes) {
  const rows = outcomes.map((outcome) => {
    const runs = runsOf(outcome);
    const numbers = (/** @type {string} */ key) => runs.flatMap((run) => run[key] ?? []);
    const cores = [0, 1].map((phase) => runs.flatMap((run) => run.cores?.[phase] ?? []));
    return [
      outcome.name,
      runs[0].version,
      outcome.node,
      middle(numbers("prompt"), 1),
      middle(numbers("generation"), 1),
      cores.map((values) => (values.length > 0 ? spread(values).median.toFixed(1) : "")).join(" "),
      middle(numbers("load"), 1),
      middle(
        numbers("memory").map((bytes) => bytes / 1e6),
        0,
      ),
    ];
  });
  const units = ["prompt, tokens/s", "generation, tokens/s", "cores at work", "load, s", "peak memory, MB"];
  return table(["engine", "version", "Node", ...units], rows);
}

/** @param {readonly Outcome[]} outcomes */
function bandwidthLine(outcomes) {
  const found = outcomes.find(({ name }) => name === readBandwidth);
  const values = found ? runsOf(found).map(({ bandwidth }) => bandwidth / 1e9) : [];
  return values.length > 0
    ? [`All threads together read ${middle(values, 1)} GB/s (memchr over 256 MB each).`]
    : [];
}

/** Whether all computed the same: their most probable ids, held against the first's. @param {readonly Outcome[]} outcomes */
function agreement([first, ...others]) {
  if (first === undefined) return "";
  const picks = (/** @type {Outcome} */ outcome) => /** @type {number[]} */ (runsOf(outcome)[0].picks);
  const lines = others.map((outcome) => {
    const equal = picks(outcome).filter((id, i) => id === picks(first)[i]).length;
    return `- ${title(outcome)}: ${equal} of ${picks(first).length}`;
  });
  const note = "(quantized weights are others; wllama goes its own way, its interface takes no ids)";
  return [`Steps at which the most probable id is that of ${title(first)} ${note}:`, "", ...lines].join("\n");
}
