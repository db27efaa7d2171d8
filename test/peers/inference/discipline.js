/** Prompts and generation: the trials, and what RESULTS.md tells of them. */
import { fileURLToPath } from "node:url";
import { middle, notRun, table, title } from "../markdown.js";
import { runsOf } from "../rounds.js";
import { spread } from "../statistics.js";
import { contenders } from "./contenders.js";
import { shapeOf } from "./workload.js";

/** @typedef {import("../rounds.js").Outcome} Outcome */

const script = (/** @type {string} */ path) => fileURLToPath(new URL(path, import.meta.url));

/** The trials that measure what all threads can read, and one alone. */
export const readBandwidth = "read bandwidth";
const readBandwidthOfOne = "read bandwidth, 1 thread";
/** The trial that tells where our time goes. */
const profile = "profile";
const besideEngines = [readBandwidth, readBandwidthOfOne, profile];

/** @type {import("../disciplines.js").Discipline} */
export const inference = {
  title: "Inference",
  trials(nodes, workload) {
    const engines = nodes.flatMap((node, i) =>
      contenders
        .filter(({ everyNode }) => i === 0 || everyNode)
        .map(({ name }) => ({ name, node, args: [script("measure.js"), name, JSON.stringify(workload)] })),
    );
    const [node] = nodes;
    return [
      ...engines,
      { name: readBandwidth, node, args: [script("../bandwidth.js"), String(workload.threads)] },
      { name: readBandwidthOfOne, node, args: [script("../bandwidth.js"), "1"] },
      { name: profile, node, args: [script("profile.js"), JSON.stringify(workload)] },
    ];
  },
  section({ outcomes, workload }) {
    const engines = outcomes.filter(({ name }) => !besideEngines.includes(name));
    const measured = engines.filter((outcome) => runsOf(outcome).length > 0);
    return [
      setting(workload),
      enginesTable(measured),
      "onnxruntime-web runs the plain graph, after Hugging Face Optimum's export, with default options: what users get. " +
        "_Fused graph_: the same weights in the fastest graph and options there are for it ([README.md](README.md)).",
      ...notRun(outcomes),
      ...bandwidthLine(outcomes),
      ...profileTable(outcomes),
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

/** @param {readonly Outcome[]} outcomes @param {string} trial */
function runsOfTrial(outcomes, trial) {
  const found = outcomes.find(({ name }) => name === trial);
  return found ? runsOf(found) : [];
}

/** @param {readonly Outcome[]} outcomes */
function bandwidthLine(outcomes) {
  const [all, one] = [readBandwidth, readBandwidthOfOne].map((trial) =>
    middle(
      runsOfTrial(outcomes, trial).map(({ bandwidth }) => bandwidth / 1e9),
      1,
    ),
  );
  return all === "" || one === ""
    ? []
    : [`All threads together read ${all} GB/s, one alone ${one} GB/s (memchr over 256 MB each).`];
}

/** Where our time goes: a prompt's, and a token's. @param {readonly Outcome[]} outcomes */
function profileTable(outcomes) {
  const runs = runsOfTrial(outcomes, profile);
  if (runs.length === 0) return [];
  const cells = (/** @type {"prompt" | "token"} */ phase) => {
    const [all, ...kernels] = ["all", ...kernelsOf(runs)].map(
      (kernel) => spread(runs.map((run) => run[phase][kernel] ?? 0)).median,
    );
    const times = [...kernels, all - kernels.reduce((sum, time) => sum + time, 0), all];
    return times.map((time) => [time.toFixed(2), `${((100 * time) / all).toFixed(1)}%`]);
  };
  const [prompt, token] = [cells("prompt"), cells("token")];
  const names = [...kernelsOf(runs), "_between the kernels_", "_all_"];
  const rows = names.map((name, i) => [name, ...prompt[i], ...token[i]]);
  return [
    "Where the time of gpt-simd Q8_0 goes (plain kernels, all threads):",
    table(["kernel", "prompt, ms", "", "a token, ms", ""], rows),
  ];
}

/** Those that a token runs, the longest first. @param {readonly import("../rounds.js").Run[]} runs */
const kernelsOf = ([{ token }]) =>
  Object.keys(token)
    .filter((kernel) => kernel !== "all")
    .sort((a, b) => token[b] - token[a]);

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
